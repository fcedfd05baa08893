using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using SkiaSharp;

namespace Bnn.Benchmarks;

/// <summary>How fast images get from the disk to batches: ImageNet-sized JPEGs against torchvision with PIL on one core, in turns, and tar
/// shards of CIFAR-10 against nothing, as a rate.</summary>
internal static class DataFeed
{
    private const int Files = 200;
    private const int Rounds = 9;
    private const long Bytes = 110_000;

    /// <param name="cifar">The folder with cifar10-train.tar and cifar10-test.tar; null: without them.</param>
    public static void Print(string? cifar)
    {
        var folder = Directory.CreateTempSubdirectory("bnn-data").FullName;
        try
        {
            Write(folder);
            PrintLarge(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        if (cifar is not null)
        {
            PrintCifar(cifar);
        }
    }

    private static void PrintLarge(string folder)
    {
        var turbo = TurboJpeg.IsThere;
        Console.WriteLine($"{Files} JPEGs of 500 x 375, {Bytes / 1000} kB each, to normalized 3 x 224 x 224; one thread; medians of {Rounds}, in turns; libturbojpeg {(turbo ? "is" : "is not")} there\n");
        Report.Header("images a second, one core", "torchvision + PIL", "ours", "times as fast", "ours by Skia alone", "times as fast");
        foreach (var (name, script, augmentation) in new[]
                 {
                     ("training: part of 8 to 100 %, mirrored", "train", Augmentation.LargeImages),
                     ("validation: 256, middle", "val", null),
                 })
        {
            List<double> theirs = [], ours = [], skia = [];
            for (var round = 0; round < Rounds; round++)
            {
                theirs.Add(Torchvision(script, folder));
                ours.Add(Ours(folder, augmentation, JpegWay.Fastest));
                skia.Add(Ours(folder, augmentation, JpegWay.Skia));
            }

            var (baseline, fastest, plain) = (Median(theirs), Median(ours), Median(skia));
            Report.Row(
                name, Report.Number(baseline, 0), Report.Number(fastest, 0), Report.Number(fastest / baseline),
                Report.Number(plain, 0), Report.Number(plain / baseline));
        }

        Console.WriteLine();
    }

    private static double Ours(string folder, Augmentation? augmentation, JpegWay way)
    {
        var images = new EncodedImages(Bnn.ImageFolder.OpenTest(folder), 224, damagedLimit: null, way);
        using var feed = new BatchFeed(images, 20, workers: 1);
        var view = new View(Normalization.ImageNet, augmentation, 1);
        void Read(int count)
        {
            foreach (var batch in feed.Read([.. Enumerable.Range(0, count)], BatchFeed.Cut(count, 20), view))
            {
                _ = batch.Count;
            }
        }

        Read(20);
        var clock = Stopwatch.StartNew();
        Read(images.Count);
        return images.Count / clock.Elapsed.TotalSeconds;
    }

    private static void PrintCifar(string folder)
    {
        var clock = Stopwatch.StartNew();
        var data = Data.TarShards(Path.Join(folder, "cifar10-train.tar"), Path.Join(folder, "cifar10-test.tar")).Load();
        var loaded = clock.Elapsed.TotalSeconds;
        var images = data.Train.Count + data.Test.Count;
        using var feed = new BatchFeed(data.Train, 64, workers: Environment.ProcessorCount);
        double Epoch(ulong epoch)
        {
            var watch = Stopwatch.StartNew();
            var order = Shuffle.Permutation(data.Train.Count, 1, epoch);
            var view = new View(Normalization.Bytes(3), Augmentation.Cifar, 1, epoch);
            foreach (var batch in feed.Read(order, BatchFeed.Cut(data.Train.Count, 64), view))
            {
                _ = batch.Count;
            }

            return watch.Elapsed.TotalSeconds;
        }

        var first = Epoch(0);
        var later = Median([.. Enumerable.Range(1, Rounds).Select(epoch => data.Train.Count / Epoch((ulong)epoch))]);
        Console.WriteLine($"CIFAR-10 tar shards, {images:N0} JPEGs of 32 x 32, {Environment.ProcessorCount} threads, mirrored and moved\n");
        Report.Header("epoch", "images a second");
        Report.Row("first, with index and decoding", Report.Number(images / (loaded + first), 0));
        Report.Row("later ones, from memory", Report.Number(later, 0));
        Console.WriteLine();
    }

    private static double Torchvision(string kind, string folder, [CallerFilePath] string here = "")
    {
        var script = Path.Join(Path.GetDirectoryName(here), "baseline.py");
        var start = new ProcessStartInfo(File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3", [script, kind, folder])
        {
            RedirectStandardOutput = true,
        };
        using var run = Process.Start(start)!;
        var output = run.StandardOutput.ReadToEnd();
        run.WaitForExit();
        return run.ExitCode == 0 ? double.Parse(output, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException("the baseline needs python3 with torchvision: Debian's python3-torchvision");
    }

    /// <summary>Parts of photographs, scaled to 500 x 375 and saved at the quality that comes nearest to the wanted size.</summary>
    private static void Write(string folder, [CallerFilePath] string here = "")
    {
        var random = new Random(1);
        var photographs = Directory.GetFiles(Path.Join(Path.GetDirectoryName(here), "../Bnn.Tests/golden/images/val"), "*.JPEG", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Select(SKBitmap.Decode).Where(bitmap => bitmap is { Width: > 400, Height: >= 300 }).ToList();
        for (var k = 0; k < Files; k++)
        {
            var photograph = photographs[k % photographs.Count];
            var width = (int)(Math.Min(photograph.Width, photograph.Height * 4 / 3) * (0.75 + 0.25 * random.NextDouble()));
            var (left, top) = (random.Next(photograph.Width - width + 1), random.Next(photograph.Height - width * 3 / 4 + 1));
            using var part = new SKBitmap();
            photograph.ExtractSubset(part, SKRectI.Create(left, top, width, width * 3 / 4));
            using var scaled = part.Resize(new SKImageInfo(500, 375), new SKSamplingOptions(SKCubicResampler.Mitchell));
            var encoded = Enumerable.Range(70, 31).Select(quality => scaled.Encode(SKEncodedImageFormat.Jpeg, quality).ToArray())
                .MinBy(bytes => Math.Abs(bytes.Length - Bytes))!;
            var kind = Directory.CreateDirectory(Path.Join(folder, $"class{k % 2}"));
            File.WriteAllBytes(Path.Join(kind.FullName, $"{k:000}.jpg"), encoded);
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
