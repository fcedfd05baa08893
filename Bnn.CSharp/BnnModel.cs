using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>A trained network: classifies images or other examples, or makes pictures of them; is saved to and loaded from a folder. Any number of threads may use it at
/// once, and one may dispose of it meanwhile.</summary>
public sealed partial class BnnModel : IDisposable
{
    private readonly TorchNetwork network;
    private readonly NetworkMode mode;
    private readonly Normalization normalization;
    private readonly Lifetime lifetime;

    internal BnnModel(TorchNetwork network, NetworkMode mode, Normalization normalization, IReadOnlyList<string> classes)
    {
        this.network = network;
        this.mode = mode with { Training = false, Watch = null };
        this.normalization = normalization;
        lifetime = new($"the network {network.Description.Name}", network.Dispose);
        Classes = classes;
    }

    /// <summary>The network's description.</summary>
    public ModelDescription Description => network.Description;

    /// <summary>The network's size.</summary>
    public ModelInfo Info => network.Info;

    /// <summary>The network's layers, parameters, bytes and operations.</summary>
    public ModelSummary Summary() => network.Summary;

    /// <summary>The names of the classes, in the order of the logits; none where the network's outputs are no classes.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>What was assumed of it, in sentences, because its file does not say so; empty where the library has written the file, and for
    /// trained networks.</summary>
    public IReadOnlyList<string> Assumptions { get; internal init; } = [];

    /// <summary>What its file had beside the network's tensors, and was left out by <see cref="ImportOptions.LeaveOutOthers"/>.</summary>
    public IReadOnlyList<string> LeftOut { get; internal init; } = [];

    /// <summary>Reads a network.</summary>
    /// <param name="path">A folder that training has written (its network.bnn, or network.safetensors of earlier versions), one of its
    /// checkpoints (latent weights and all, as they were then), a file of <see cref="Save(string)"/>, or one of PyTorch or safetensors, whatever it is called,
    /// whose network the tensors tell: the only one of the library that has such tensors. What they do not
    /// tell is as published, and in <see cref="Assumptions"/>; <see cref="Import"/> takes what such a file does not say.</param>
    /// <exception cref="BnnFileException">There is no network there, it is damaged, or its tensors are of several networks or of none: the error names
    /// them.</exception>
    public static BnnModel Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return BnnModelFile.Load(path);
    }

    /// <summary>Reads a network's weights from a file of PyTorch, from safetensors, from a .bnn or from a folder that
    /// <see cref="Load"/> reads. Nothing of the file is ever run. A prefix that all names have, such as <c>module.</c>, and ReActNet-A's <c>weights</c> of the shape (N, 1) are
    /// understood.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="model">The network that the file is of.</param>
    /// <param name="options">What the file does not say, and what is to be otherwise than it says; null for nothing. Files that the library has written say
    /// how images are normalized, what the classes are called, and whether weights and activations are binary in use.</param>
    /// <exception cref="BnnFileException">The file is missing, damaged or of another network: lists all tensors that are missing, too many
    /// or misshapen.</exception>
    /// <exception cref="BnnConfigurationException">The description or the options are wrong.</exception>
    public static BnnModel Import(string path, ModelDescription model, ImportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(model);
        return BnnModelFile.Import(path, model, options ?? new ImportOptions());
    }

    /// <summary>Writes the network, whole or not at all, with its description, so that <see cref="Load"/> needs nothing else: to its own file
    /// where the path ends in .bnn, to one that torch.load reads where it ends in .pth, .pth.tar or .pt, to safetensors where it ends so, into
    /// a folder, as network.bnn, where its name has no ending, ends in / or is that of a folder.</summary>
    /// <remarks>A .bnn has one bit for each binary weight, a scale for each output channel of a binary convolution, and all other numbers in 32
    /// bits, batch norm's running means and variances too: <see cref="ModelSummary.Bytes"/>, and a header of about 1 kB. Loaded, it gives the
    /// same logits to the bit, but its latent weights are alpha sign(w), and so are those of any file that it is saved to then; batch norm's
    /// counters are 0. A network that is used with real weights has them in a .bnn at 32 bits. The other files hold all tensors by name, the
    /// latent weights as they are.</remarks>
    /// <exception cref="BnnFileException">It cannot be written, or its name has another ending, for instance .onnx.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var use = lifetime.Begin();
        BnnModelFile.Save(path, network, Header());
    }

    /// <summary>Classifies one image.</summary>
    /// <exception cref="ArgumentException">The image has another size than the network's.</exception>
    /// <exception cref="InvalidOperationException">The network tells no classes apart, or an output is not finite.</exception>
    public Prediction Predict(Picture image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Predict([image])[0];
    }

    /// <summary>Classifies images.</summary>
    /// <exception cref="ArgumentException">An image has another size than the network's, or there is none.</exception>
    /// <exception cref="InvalidOperationException">The network tells no classes apart, or an output is not finite.</exception>
    public IReadOnlyList<Prediction> Predict(IReadOnlyList<Picture> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        return [.. Logits(images).Select(ToPrediction)];
    }

    /// <summary>Classifies one example that is numbers, not normalized: a vector, a series.</summary>
    /// <param name="numbers">As many as <see cref="ModelDescription.Input"/> has, in the order channel, row, column.</param>
    /// <exception cref="ArgumentException">There are more or fewer, or one is not finite.</exception>
    /// <exception cref="InvalidOperationException">The network tells no classes apart, or an output is not finite.</exception>
    public Prediction Predict(float[] numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        // a set has classes or targets; the numbers stand for a target, which nothing reads
        return ToPrediction(Logits(new FloatSet(Description.Input, numbers, Description.Input, numbers))[0]);
    }

    /// <summary>The picture that the network makes of one, for instance without its noise: its outputs, black 0 and white 1, as bytes.</summary>
    /// <exception cref="ArgumentException">The picture has another size than the network's.</exception>
    /// <exception cref="InvalidOperationException">The network's outputs are no picture, or not finite.</exception>
    public Picture Restore(Picture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var output = Description.Output;
        if (Classes.Count > 0)
        {
            throw new InvalidOperationException($"the network tells {Classes.Count} classes apart and gives no pictures: use Predict");
        }

        var outputs = RequireFinite(Logits([picture])[0]);
        return new(
            (int)output.Channels, (int)output.Height, (int)output.Width,
            Array.ConvertAll(outputs, x => (byte)Math.Clamp(MathF.Round(255 * x), 0, 255)));
    }

    /// <summary>The logits of images, one row an image, in the order of <see cref="Classes"/>; all outputs of a network that tells no classes
    /// apart, in the order channel, row, column.</summary>
    /// <exception cref="ArgumentException">An image has another size than the network's, or there is none.</exception>
    public IReadOnlyList<float[]> Logits(IReadOnlyList<Picture> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.Count == 0)
        {
            throw new ArgumentException("there are no images; give at least one", nameof(images));
        }

        var pixels = new List<byte>();
        foreach (var image in images)
        {
            CheckSize(image.Channels, image.Height, image.Width);
            pixels.AddRange(image.Pixels.Span);
        }

        var d = Description;
        return Logits(new ImageSet(d.Channels, d.Height, d.Width, pixels.ToArray(), new int[images.Count], ["any"]));
    }

    /// <summary>The logits of a set of examples, one row an example, in the order of <see cref="Classes"/>; all outputs of a network that tells no
    /// classes apart, in the order channel, row, column.</summary>
    /// <exception cref="ArgumentException">The examples have another size than the network's.</exception>
    /// <exception cref="InsufficientMemoryException">There is not enough memory for a batch, of at most 250 examples, of one where they are large.</exception>
    public IReadOnlyList<float[]> Logits(Examples examples)
    {
        ArgumentNullException.ThrowIfNull(examples);
        CheckSize(examples.Channels, examples.Height, examples.Width);
        var rows = new List<float[]>(examples.Count);
        var length = (int)Description.Output.Count;
        using var use = lifetime.Begin();
        Evaluator.Each(network, mode, normalization, examples, examples.UsualWorkers, (_, outputs, _) =>
        {
            var held = outputs.cpu().contiguous();
            var all = Memory.Floats(held);
            for (var k = 0; k < outputs.shape[0]; k++)
            {
                rows.Add(all.Slice(k * length, length).ToArray());
            }

            GC.KeepAlive(held);
        });
        return rows;
    }

    /// <summary>Gives the network's memory back: at once, or as soon as what other threads compute with it is done. After it everything that computes,
    /// copies or saves raises an <see cref="ObjectDisposedException"/>; description, counts and classes stay.</summary>
    public void Dispose() => lifetime.End();

    /// <summary>Whether it was disposed of.</summary>
    internal bool IsDisposed => lifetime.IsEnded;

    /// <summary>Its weights, to start a training from.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    internal GivenWeights Given()
    {
        using var use = lifetime.Begin();
        return new(Description.Name, NetworkTensors.Copy(network), Description) { Normalization = normalization, Classes = Classes };
    }

    /// <summary>What tells it from other networks: of its tensors, and of what it makes of them.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    internal string Sha256()
    {
        using var use = lifetime.Begin();
        return Checksum.Of($"{Header().ToJson()} {Checksum.Of(NetworkTensors.Copy(network))}");
    }

    internal void Save(RunFolder folder)
    {
        using var use = lifetime.Begin();
        BnnModelFile.Save(folder, network, Header());
    }

    /// <summary>The logits of a batch that is normalized already, on the batch's device: in this network's way, or in another's.</summary>
    internal Tensor LogitsOf(Tensor x, Normalization? from = null)
    {
        using var use = lifetime.Begin();
        using var noGradients = no_grad();
        var own = x.to(network.Device);
        return network.Forward(from?.To(normalization, own) ?? own, mode).to(x.device);
    }

    private NetworkHeader Header() => NetworkHeader.Of(Description, mode, normalization, Classes);

    private static Prediction ToPrediction(float[] logits, IReadOnlyList<string> classes)
    {
        var highest = (double)logits.Max();
        var weights = Array.ConvertAll(logits, logit => Math.Exp(logit - highest));
        var sum = weights.Sum();
        var ranked = classes.Select((name, k) => (name, weights[k] / sum)).OrderByDescending(entry => entry.Item2).ToList();
        return new Prediction(ranked[0].name, ranked[0].Item2, ranked);
    }

    private Prediction ToPrediction(float[] logits) => Classes.Count > 0
        ? ToPrediction(RequireFinite(logits), Classes)
        : throw new InvalidOperationException("the network tells no classes apart: use Restore for pictures, Logits for its outputs");

    // NaN is no answer, whatever it is rounded to or sorted by
    private float[] RequireFinite(float[] outputs)
    {
        if (Array.TrueForAll(outputs, float.IsFinite))
        {
            return outputs;
        }

        using var use = lifetime.Begin();
        throw new InvalidOperationException(
            $"the network's outputs are not finite ({network.FirstLost() ?? "its weights are; a layer gives numbers that are too large"})");
    }

    private void CheckSize(int channels, int height, int width)
    {
        var d = Description;
        if ((channels, height, width) != (d.Channels, d.Height, d.Width))
        {
            throw new ArgumentException(
                $"the image is {channels} x {height} x {width} (channels, height, width); the network takes "
                + $"{d.Channels} x {d.Height} x {d.Width}");
        }
    }
}
