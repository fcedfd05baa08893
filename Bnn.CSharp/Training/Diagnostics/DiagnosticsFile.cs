using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Bnn;

/// <summary>A run's <c>diagnostics.jsonl</c>: an <see cref="EpochDiagnostics"/> a line, in the order of the run, its keys in camel case; null
/// for what does not exist.</summary>
internal static class DiagnosticsFile
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string Name = "diagnostics.jsonl";

    // names stay as they are: nothing of the file is put into a page as it is
    private static readonly JsonTypeInfo<EpochDiagnostics> Readable = (JsonTypeInfo<EpochDiagnostics>)
        new JsonSerializerOptions(DiagnosticsJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }.GetTypeInfo(typeof(EpochDiagnostics));

    /// <summary>Adds an epoch's line and flushes it to the disk.</summary>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    public static void Append(string folder, EpochDiagnostics epoch)
    {
        var path = Path.Combine(folder, Name);
        try
        {
            using var stream = RegularFile.Append(path);
            stream.Write(Line(epoch));
            stream.Flush(flushToDisk: true);
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(path, $"cannot be written ({e.Message})", "give a folder that you may write to, on a disk with free space", e);
        }
    }

    /// <summary>An epoch with its diagnostics, and with the checksum of their line.</summary>
    public static EpochMetrics With(EpochMetrics epoch, EpochDiagnostics? diagnostics) =>
        epoch with { Diagnostics = diagnostics, DiagnosticsSha256 = diagnostics is null ? null : Checksum.Of(Content(diagnostics)) };

    /// <summary>What the file holds of the epochs that are done, for a run that goes on after them: the lines that are what was written, by their
    /// checksums. Whatever else is there is of epochs that are to be trained again, of another run, cut or changed. What is not there cannot be had again:
    /// a checkpoint has no diagnostics of the epochs before.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="done">The epochs that are done.</param>
    /// <param name="note">Told which epochs' lines are lost.</param>
    /// <exception cref="BnnFileException">The file cannot be read.</exception>
    public static IReadOnlyList<EpochDiagnostics> Upto(string folder, IReadOnlyList<EpochMetrics> done, Action<string> note)
    {
        var path = Path.Combine(folder, Name);
        var text = done.Any(epoch => epoch.DiagnosticsSha256 is not null) && File.Exists(path) ? ReadBytes(path) : [];
        var lines = new Dictionary<string, Range>();
        foreach (var line in text.AsSpan().Split((byte)'\n'))
        {
            lines.TryAdd(Checksum.Of(text.AsSpan(line)), line);
        }

        var (kept, lost) = (new List<EpochDiagnostics>(), new List<EpochMetrics>());
        foreach (var epoch in done.Where(epoch => epoch.DiagnosticsSha256 is not null))
        {
            if (lines.TryGetValue(epoch.DiagnosticsSha256!, out var line))
            {
                kept.Add(Line(path, kept.Count + 1, text.AsSpan(line)));
            }
            else
            {
                lost.Add(epoch);
            }
        }

        if (lost.Count > 0)
        {
            note($"{path} does not have the diagnostics of {InWords(lost)} as they were written: they are lost, and report.html shows none there");
        }

        return kept;
    }

    /// <summary>Leaves the lines of these epochs in the file and no others; where there is nothing to change it stays as it is.</summary>
    /// <exception cref="BnnFileException">The file cannot be read or written.</exception>
    public static void Keep(string folder, IReadOnlyList<EpochDiagnostics> epochs)
    {
        var path = Path.Combine(folder, Name);
        var lines = epochs.SelectMany(Line).ToArray();
        if (File.Exists(path) && !ReadBytes(path).AsSpan().SequenceEqual(lines))
        {
            AtomicFile.Write(path, stream => stream.Write(lines));
        }
    }

    /// <summary>Epochs as <c>step 1, epochs 2 to 4; step 2, epoch 1</c>.</summary>
    private static string InWords(IReadOnlyList<EpochMetrics> epochs)
    {
        var parts = new List<(EpochMetrics First, int Last)>();
        foreach (var epoch in epochs)
        {
            if (parts.Count > 0 && parts[^1] is var (first, last) && first.StageIndex == epoch.StageIndex && last + 1 == epoch.Epoch)
            {
                parts[^1] = (first, epoch.Epoch);
            }
            else
            {
                parts.Add((epoch, epoch.Epoch));
            }
        }

        return string.Join("; ", parts.Select(part => part.First.Epoch == part.Last
            ? FormattableString.Invariant($"{part.First.Stage}, epoch {part.Last}")
            : FormattableString.Invariant($"{part.First.Stage}, epochs {part.First.Epoch} to {part.Last}")));
    }

    /// <summary>The lines before the first that is damaged: of a run that was stopped in whatever way. Empty where there is no such file.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="note">Told of the damaged line.</param>
    /// <exception cref="BnnFileException">The file cannot be read.</exception>
    public static IReadOnlyList<EpochDiagnostics> WholeLines(string folder, Action<string> note)
    {
        var path = Path.Combine(folder, Name);
        var text = File.Exists(path) ? ReadBytes(path) : [];
        var whole = new List<EpochDiagnostics>();
        try
        {
            whole.AddRange(Parse(path, text));
        }
        catch (BnnFileException e)
        {
            note($"{path}: {e.Problem}; its lines from there on are left out");
        }

        return whole;
    }

    /// <summary>The epochs of a run.</summary>
    /// <exception cref="BnnFileException">The file is missing, a line is damaged, or the epochs are not in their order.</exception>
    public static IReadOnlyList<EpochDiagnostics> Read(string folder)
    {
        var path = Path.Combine(folder, Name);
        return [.. Parse(path, ReadBytes(path))];
    }

    private static byte[] Line(EpochDiagnostics epoch) => [.. Content(epoch), (byte)'\n'];

    private static byte[] Content(EpochDiagnostics epoch) => JsonSerializer.SerializeToUtf8Bytes(epoch, Readable);

    private static byte[] ReadBytes(string path)
    {
        try
        {
            return RegularFile.Bytes(path);
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
