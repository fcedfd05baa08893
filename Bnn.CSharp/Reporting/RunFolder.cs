using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bnn;

/// <summary>
/// The files of one run. A file is replaced whole, so a reader never sees half of one.
/// </summary>
/// <remarks>
/// <c>metrics.csv</c> has a header and one row an epoch: <c>stage</c>, <c>epoch</c> (from 1), <c>loss</c> (mean over the
/// epoch's images), <c>trainTop1</c>, <c>flipFlopRatio</c> and <c>saturation</c> (shares),
/// <c>learningRate</c> (of the last iteration), <c>seconds</c>, <c>imagesPerSecond</c>, <c>dataWait</c> (share of the time spent
/// waiting for images), <c>skippedImages</c> (left out as damaged), <c>top1</c> and <c>top5</c> (shares, on the test images),
/// <c>trainPsnr</c> and <c>psnr</c> (in dB, of networks that make pictures). Shares are in 0..1. Numbers have a decimal point and
/// all their digits; a quantity that does not exist (NaN) is an empty field; an infinite one reads Infinity or -Infinity. A stage's name that a
/// spreadsheet would carry out as a formula has an apostrophe in front of it (<see cref="Csv"/>).
/// <para>
/// <c>result.json</c> has the keys <c>recipe</c>, <c>data</c> (<c>passedOver</c>: how many files and folders of each kind beside the training and the
/// test examples were passed over; <c>remarks</c>: sentences on how the two were chosen), <c>model</c> (<c>name</c>, <c>parameters</c>, <c>binaryWeights</c>,
/// <c>operations</c>), <c>seed</c>, <c>threads</c> and <c>stages</c>, an array of objects with <c>name</c>,
/// <c>epochs</c>, <c>top1</c>, <c>top5</c>, <c>trainTop1</c>, <c>trainPsnr</c>, <c>psnr</c>, <c>generalizationGap</c>, <c>flipFlopRatio</c>, <c>c2iRatio</c>,
/// <c>saturation</c>, <c>seconds</c>, <c>imagesPerSecond</c>. Shares are in 0..1. A number that does not exist or is not finite is null.
/// </para>
/// </remarks>
internal sealed class RunFolder
{
    /// <summary>The name of the file of what the run reached.</summary>
    public const string ResultName = "result.json";

    /// <summary>The name of the file with one row an epoch.</summary>
    public const string MetricsName = "metrics.csv";

    /// <summary>The name of the picture of the latent weights.</summary>
    public const string HistogramName = "latent-weights.png";

    private const string Header =
        "stage,epoch,loss,trainTop1,flipFlopRatio,saturation,learningRate,seconds,imagesPerSecond,dataWait,skippedImages,top1,top5,trainPsnr,psnr";

    private RunFolder(string path) => Root = path;

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>The file of what the run reached.</summary>
    public string ResultPath => Path.Combine(Root, ResultName);

    /// <summary>The file with one row an epoch.</summary>
    public string MetricsPath => Path.Combine(Root, MetricsName);

    /// <summary>The picture of the latent weights.</summary>
    public string HistogramPath => Path.Combine(Root, HistogramName);

    /// <summary>Creates the folder where it is missing and proves that files can be written in it.</summary>
    /// <exception cref="BnnFileException">The folder cannot be created or written to.</exception>
    public static RunFolder Prepare(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(
                path, $"the folder cannot be created ({e.Message})", "give another folder, or make the one above it writable", e);
        }

        try
        {
            WritableFolder.Probe(path);
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(
                path, $"the folder cannot be written to ({e.Message})", "give another folder, or make this one writable and free some space", e);
        }

        return new RunFolder(path);
    }

    /// <summary>Writes metrics.csv: these epochs' rows and no others.</summary>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    public void WriteEpochs(IReadOnlyList<EpochMetrics> epochs)
    {
        var metrics = new StringBuilder(Header).Append('\n');
        foreach (var e in epochs)
        {
            double[] numbers =
            [
                e.Loss, e.TrainTop1, e.FlipFlopRatio, e.Saturation, e.LearningRate, e.Seconds, e.ImagesPerSecond, e.DataWait, e.SkippedImages,
                e.Top1, e.Top5, e.TrainPsnr, e.Psnr,
            ];
            metrics
                .Append(Csv.Cell(e.Stage)).Append(',')
                .Append(CultureInfo.InvariantCulture, $"{e.Epoch},")
                .AppendJoin(',', numbers.Select(Field)).Append('\n');
        }

        var text = Encoding.UTF8.GetBytes(metrics.ToString());
        AtomicFile.Write(MetricsPath, stream => stream.Write(text));
    }

    /// <summary>Writes result.json.</summary>
    /// <param name="recipe">The recipe, as any JSON value.</param>
    /// <param name="data">What is to be known of the data, <see cref="DataNotes"/>.</param>
    /// <param name="model">The trained network.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="threads">The run's CPU threads.</param>
    /// <param name="stages">What each stage reached.</param>
    /// <exception cref="BnnFileException">The file cannot be written.</exception>
    public void WriteResult(JsonNode? recipe, JsonNode? data, ModelInfo model, long seed, int threads, IReadOnlyList<StageResult> stages)
    {
        var result = new JsonObject
        {
            ["recipe"] = Finite(recipe),
            ["data"] = Finite(data),
            ["model"] = new JsonObject
            {
                ["name"] = model.Name,
                ["parameters"] = model.Parameters,
                ["binaryWeights"] = model.BinaryWeights,
                ["operations"] = Number(model.Operations),
            },
            ["seed"] = seed,
            ["threads"] = threads,
            ["stages"] = new JsonArray([.. stages.Select(Stage)]),
        };
        AtomicFile.Write(ResultPath, stream =>
        {
            // the relaxed encoder only spares a reader \u002B for +: nothing here ends up in HTML
            var options = new JsonWriterOptions
            {
                Indented = true,
                NewLine = "\n",
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            };
            using var writer = new Utf8JsonWriter(stream, options);
            result.WriteTo(writer);
            writer.Flush();
            stream.Write("\n"u8);
        });
    }

    private static JsonObject Stage(StageResult stage) => new()
    {
        ["name"] = stage.Name,
        ["epochs"] = stage.Epochs,
        ["top1"] = Number(stage.Top1),
        ["top5"] = Number(stage.Top5),
        ["trainTop1"] = Number(stage.TrainTop1),
        ["trainPsnr"] = Number(stage.TrainPsnr),
        ["psnr"] = Number(stage.Psnr),
        ["generalizationGap"] = Number(stage.GeneralizationGap),
        ["flipFlopRatio"] = Number(stage.FlipFlopRatio),
        ["c2iRatio"] = Number(stage.C2IRatio),
        ["saturation"] = Number(stage.Saturation),
        ["seconds"] = Number(stage.Seconds),
        ["imagesPerSecond"] = Number(stage.ImagesPerSecond),
    };

    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    // a NaN in the recipe would make the writer throw after the training, when everything is at stake
    internal static JsonNode? Finite(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.Select(pair => KeyValuePair.Create(pair.Key, Finite(pair.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Finite)]),
        JsonValue v when v.TryGetValue(out double d) && !double.IsFinite(d) => null,
        JsonValue v when v.TryGetValue(out float f) && !float.IsFinite(f) => null,
        _ => node?.DeepClone(),
    };

    private static string Field(double value) =>
        double.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture);
}
