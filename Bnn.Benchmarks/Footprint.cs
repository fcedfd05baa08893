using System.Globalization;
using TorchSharp;

namespace Bnn.Benchmarks;

/// <summary>How much memory training takes, and that it takes no more as it goes on. What is read is the process's own: run it alone.</summary>
internal static class Footprint
{
    private const int BatchesAnEpoch = 10;
    private const double Mebibyte = 1 << 20;

    /// <summary>Prints resident memory and live tensors along two trainings.</summary>
    public static void Print()
    {
        // The smaller one first: the process's peak is then the larger one's.
        Along(
            "ReActNet-small, batches of 64 images of 28 x 28", epochs: 52, every: 10,
            new BnnTrainer().WithData(Noise(64, 1, 28, 10)).WithBatch(64));
        Along(
            "ReActNet-A, batches of 16 images of 224 x 224", epochs: 50, every: 5,
            new BnnTrainer().WithModel(Models.ReActNetA()).WithData(Noise(16, 3, 224, 1000)).WithBatch(16));
    }

    private static void Along(string what, int epochs, int every, BnnTrainer trainer)
    {
        Console.WriteLine($"{what}\n");
        Report.Header("batches done", "resident memory, MiB", "its peak so far, MiB", "live tensors");
        trainer.OneStep(epochs: epochs).OnEpoch(epoch =>
        {
            if (epoch.Epoch == 1 || epoch.Epoch % every == 0)
            {
                var memory = File.ReadLines("/proc/self/status").Select(line => line.Split(':', 2)).ToDictionary(line => line[0], line => line[1]);
                Report.Row(
                    $"{epoch.Epoch * BatchesAnEpoch}", InMebibytes(memory["VmRSS"]), InMebibytes(memory["VmHWM"]), $"{torch.Tensor.TotalCount}");
            }
        }).Train().Model.Dispose();
        Console.WriteLine();
    }

    /// <summary>Images of which the training part has <see cref="BatchesAnEpoch"/> batches.</summary>
    private static DataSource Noise(int batch, int channels, int size, int classes)
    {
        var random = new Random(1);
        ImageSet Set(int count)
        {
            var pixels = new byte[count * channels * size * size];
            random.NextBytes(pixels);
            return new ImageSet(
                channels, size, size, pixels, Enumerable.Range(0, count).Select(k => k % classes).ToArray(),
                [.. Enumerable.Range(0, classes).Select(k => k.ToString(CultureInfo.InvariantCulture))]);
        }

        return Data.InMemory("noise", Set(BatchesAnEpoch * batch), Set(batch));
    }

    /// <summary>A line of /proc/self/status, which is in kB.</summary>
    private static string InMebibytes(string value) =>
        Report.Number(double.Parse(value.Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024 / Mebibyte, 0);
}
