using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bnn;

/// <summary>A run's <c>diagnostics.jsonl</c>: an <see cref="EpochDiagnostics"/> a line, in the order of the run, its keys in camel case; null
/// for what does not exist.</summary>
internal static class DiagnosticsFile
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string Name = "diagnostics.jsonl";

    private static readonly SearchValues<byte> LineEnd = SearchValues.Create("\n"u8);

    /// <summary>Adds an epoch's line and flushes it to the disk.</summary>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    public static void Append(string folder, EpochDiagnostics epoch)
    {
        var path = Path.Combine(folder, Name);
        try
        {
            using var stream = new FileStream(path, FileMode.Append, FileAccess.Write);
            stream.Write(Line(epoch));
            stream.Flush(flushToDisk: true);
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(path, $"cannot be written ({e.Message})", "give a folder that you may write to, on a disk with free space", e);
        }
    }

    /// <summary>What the file holds of the epochs that are done, for a run that goes on after them. What follows, also a last line that was
    /// not written to its end, is of epochs that are to be trained again. A damaged line must not keep a run from going on: what
    /// is before it is taken.</summary>
    /// <param name="folder">The run's folder; without such a file there is nothing.</param>
    /// <param name="done">The epochs that are done.</param>
    /// <param name="note">Told of a damaged line.</param>
    /// <exception cref="BnnFileException">The file cannot be read.</exception>
    public static IReadOnlyList<EpochDiagnostics> Upto(string folder, IReadOnlyList<EpochMetrics> done, Action<string> note)
    {
        var path = Path.Combine(folder, Name);
        if (done.Count == 0 || !File.Exists(path))
        {
            return [];
        }

        var all = ReadBytes(path);
        var last = (done[^1].StageIndex, done[^1].Epoch);
        var kept = new List<EpochDiagnostics>();
        try
        {
            var whole = all.AsMemory(0, all.AsSpan().LastIndexOfAny(LineEnd) + 1);
            kept.AddRange(Parse(path, whole).TakeWhile(line => (line.StageIndex, line.Epoch).CompareTo(last) <= 0));
        }
        catch (BnnFileException e)
        {
            note($"{path}: {e.Problem}; its lines from there on are lost");
        }

        return kept;
    }

    /// <summary>Replaces the file, where there is one, by the lines of these epochs.</summary>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    public static void Keep(string folder, IReadOnlyList<EpochDiagnostics> epochs)
    {
        var path = Path.Combine(folder, Name);
        if (File.Exists(path))
        {
            AtomicFile.Write(path, stream => stream.Write(epochs.SelectMany(Line).ToArray()));
        }
    }

    /// <summary>The epochs of a run.</summary>
    /// <exception cref="BnnFileException">The file is missing, a line is damaged, or the epochs are not in their order.</exception>
    public static IReadOnlyList<EpochDiagnostics> Read(string folder)
    {
        var path = Path.Combine(folder, Name);
        return [.. Parse(path, ReadBytes(path))];
    }

    private static byte[] Line(EpochDiagnostics epoch) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(epoch, DiagnosticsJson.Default.EpochDiagnostics), (byte)'\n'];

    private static byte[] ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(
                path, $"cannot be read ({e.Message})", "give the folder of a run that has saved its epochs, or train it again", e);
        }
    }

    private static IEnumerable<EpochDiagnostics> Parse(string path, ReadOnlyMemory<byte> text)
    {
        var (start, number, last) = (0, 0, (Stage: -1, Epoch: 0));
        while (start < text.Length)
        {
            number++;
            var length = text.Span[start..].IndexOf((byte)'\n');
            var end = length < 0 ? text.Length : start + length;
            var epoch = Line(path, number, text.Span[start..end]);
            if ((epoch.StageIndex, epoch.Epoch).CompareTo(last) <= 0)
            {
                throw Damaged(path, number, $"stage {epoch.StageIndex}, epoch {epoch.Epoch} follows stage {last.Stage}, epoch {last.Epoch}");
            }

            last = (epoch.StageIndex, epoch.Epoch);
            start = length < 0 ? end : end + 1;
            yield return epoch;
        }
    }

    private static EpochDiagnostics Line(string path, int number, ReadOnlySpan<byte> line)
    {
        EpochDiagnostics? epoch;
        try
        {
            epoch = JsonSerializer.Deserialize(line, DiagnosticsJson.Default.EpochDiagnostics);
        }
        catch (JsonException e)
        {
            throw Damaged(path, number, e.Message, e);
        }

        return epoch is { StageIndex: >= 0, Epoch: >= 1, LatentWeights: { Limit: > 0, Counts.Count: > 0 and <= 10_001 } spread }
            && spread.Counts.All(count => count >= 0) && double.IsFinite(spread.Limit)
            && epoch.Layers.All(layer => layer is { Cam: not null, UpdateCam: not null, ChannelZeroGradients: not null }) && epoch.Saturation.All(layer => layer is not null)
            ? epoch
            : throw Damaged(path, number, "a number is out of its range");
    }

    private static BnnFileException Damaged(string path, int number, string problem, Exception? inner = null) => new(
        path, $"line {number} is not an epoch's diagnostics ({problem})", "remove the lines from there on, or train again", inner);

    /// <summary>null for a number that does not exist or is not finite.</summary>
    internal sealed class NumberOrNull : JsonConverter<double>
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? double.NaN
            : reader.TokenType == JsonTokenType.Number ? reader.GetDouble()
            : throw new JsonException($"a number is expected, not {Encoding.UTF8.GetString(reader.ValueSpan)}");

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
            {
                writer.WriteNumberValue(value);
            }
            else
            {
                writer.WriteNullValue();
            }
        }
    }
}

/// <summary>How diagnostics are written. Generated, because reflection is off in programs that are published ahead of time, and in C#
/// scripts.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    Converters = [typeof(DiagnosticsFile.NumberOrNull)])]
[JsonSerializable(typeof(EpochDiagnostics))]
internal sealed partial class DiagnosticsJson : JsonSerializerContext;
