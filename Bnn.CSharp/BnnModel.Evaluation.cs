using System.Diagnostics.Contracts;

namespace Bnn;

/// <summary>How good a network is.</summary>
public sealed partial class BnnModel
{
    /// <summary>How good the network is on a set of examples. Classes are told by their names, in whatever order; where one side has none but
    /// numbers, "0", "1", ..., by their places.</summary>
    /// <param name="examples">The examples.</param>
    /// <param name="subset">Whether they may have some of the network's classes only, and what is compared then; default: they have all.</param>
    /// <exception cref="ArgumentException">The examples have another size, other classes or other targets than the network's.</exception>
    /// <exception cref="InvalidOperationException">An output is not finite.</exception>
    /// <exception cref="InsufficientMemoryException">There is not enough memory for a batch, of at most 250 examples, of one where they are large.</exception>
    public Evaluation Evaluate(Examples examples, ClassSubset subset = ClassSubset.None)
    {
        ArgumentNullException.ThrowIfNull(examples);
        CheckSize(examples.Channels, examples.Height, examples.Width);
        using var use = lifetime.Begin();
        if (examples.TargetSize is { } target && target != Description.Output)
        {
            throw new ArgumentException($"the examples' targets are {target}; the network gives {Description.Output}", nameof(examples));
        }

        var order = examples.TargetSize is null ? ClassOrder.Of(Classes, examples.Classes, subset) : ClassOrder.Same;
        return order.Problem is { } problem
            ? throw new ArgumentException(problem, nameof(examples))
            : Evaluated(examples, order);
    }

    /// <summary>How good the network is on a data source's test examples.</summary>
    /// <param name="data">The source.</param>
    /// <param name="subset">As above.</param>
    /// <exception cref="ArgumentException">The examples have another size, other classes or other targets than the network's.</exception>
    /// <exception cref="InvalidOperationException">An output is not finite.</exception>
    /// <exception cref="BnnFileException">The data cannot be read.</exception>
    public Evaluation Evaluate(DataSource data, ClassSubset subset = ClassSubset.None)
    {
        ArgumentNullException.ThrowIfNull(data);
        return Evaluate(data.Load().Test, subset);
    }

    /// <summary>The same network with batch norm's running means and variances computed anew from these images; this one stays as it
    /// is. Binary networks whose weights were changed, or that see images of another kind, need it.</summary>
    /// <param name="images">Examples of the network's size; their classes do not matter.</param>
    /// <param name="batches">From how many batches, at least 1; default 100. All whole ones where there are fewer.</param>
    /// <param name="batch">Images in a batch, at least 2; default 64.</param>
    /// <exception cref="ArgumentException">The images have another size than the network's, or a number is out of range.</exception>
    [Pure]
    public BnnModel RecalibrateBatchNorm(Examples images, int batches = 100, int batch = 64)
    {
        ArgumentNullException.ThrowIfNull(images);
        OutOfRange.ThrowIfLess(batches, 1);
        OutOfRange.ThrowIfLess(batch, 2);
        CheckSize(images.Channels, images.Height, images.Width);
        using var use = lifetime.Begin();
        var recalibrated = new BnnModel(TorchNetwork.Create(Description, seed: 0, network.Device), mode, normalization, Classes)
        {
            Assumptions = Assumptions,
        };
        try
        {
            using var copy = new NetworkCopy(network);
            copy.RestoreTo(recalibrated.network);
            Recalibration.Run(recalibrated.network, mode, normalization, images, batch, batches, seed: 0, images.UsualWorkers);
            return recalibrated;
        }
        catch
        {
            recalibrated.Dispose();
            throw;
        }
    }

    private Evaluation Evaluated(Examples examples, ClassOrder order)
    {
        try
        {
            return Evaluator.Evaluate(network, mode, normalization, examples, examples.UsualWorkers, order);
        }
        catch (NotFiniteException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }
}
