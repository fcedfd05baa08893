using System.Runtime.ExceptionServices;

namespace Bnn;

/// <summary>What tells a set of examples from others of as many: a run goes on with the same only. Where the examples lie does not count.</summary>
/// <param name="Sha256">Of what is in memory: the bytes, labels, targets and names of classes. Of files: names, sizes and labels, and what is in them
/// where that is at most <see cref="Limit"/>.</param>
/// <param name="Times">Of files with more in them: when they were written; else null.</param>
internal sealed record DataIdentity(string Sha256, string? Times = null)
{
    /// <summary>So many bytes are read from disk, or from a user's code, at most: a part of a second.</summary>
    public const long Limit = 64 << 20;

    /// <summary>That of other examples made of these, by numbers that say how.</summary>
    public DataIdentity With(params ReadOnlySpan<double> numbers)
    {
        using var sum = new Checksum();
        sum.Text(Sha256);
        foreach (var number in numbers)
        {
            sum.Number(number);
        }

        return this with { Sha256 = sum.Digits() };
    }

    /// <summary>What all examples have, to begin a checksum with.</summary>
    public static Checksum Begin(Examples examples)
    {
        var sum = new Checksum();
        foreach (var size in new[] { examples.Size, examples.TargetSize ?? FeatureSize.Of(0, 0, 0) })
        {
            sum.Number(size.Channels);
            sum.Number(size.Height);
            sum.Number(size.Width);
        }

        sum.Number(examples.Count);
        sum.Number(examples.TargetSize is null ? 1 : examples.TargetRange);
        sum.Number(examples.Classes.Count);
        foreach (var name in examples.Classes)
        {
            sum.Text(name);
        }

        return sum;
    }

    /// <summary>That of a user's examples: all labels, and the numbers of all, or of as many as the limit allows, from first to last.</summary>
    /// <exception cref="BnnTrainingException">The user's code has thrown.</exception>
    public static DataIdentity OfNumbers(Examples examples, long limit = Limit)
    {
        using var sum = Begin(examples);
        var (numbers, target) = (new float[examples.Size.Count], new float[examples.TargetSize?.Count ?? 0]);
        var read = (int)Math.Clamp(limit / (sizeof(float) * ((long)numbers.Length + target.Length)), 1, examples.Count);
        for (var index = 0; target.Length == 0 && index < examples.Count; index++)
        {
            sum.Number(Labels.Of(examples, index));
        }

        for (var k = 0; k < read; k++)
        {
            var index = (int)((long)k * examples.Count / read);
            try
            {
                Array.Clear(numbers);
                examples.Write(index, numbers);
                if (target.Length > 0)
                {
                    Array.Clear(target);
                    examples.WriteTarget(index, target);
                }
            }
            catch (Exception e) when (e is not (BnnFileException or OperationCanceledException))
            {
                throw new BnnTrainingException($"{examples.NameOf(index)} cannot be read: its source has thrown {e.GetType().Name}: {e.Message}", e);
            }

            sum.Numbers<float>(numbers);
            sum.Numbers<float>(target);
        }

        return new(sum.Digits());
    }

    /// <summary>That of images as they are stored.</summary>
    /// <exception cref="BnnFileException">One is missing or cannot be read.</exception>
    public static DataIdentity OfFiles(EncodedSet set, long limit = Limit)
    {
        var stamps = Stamps(set);
        using var sum = new Checksum();
        foreach (var name in set.Classes)
        {
            sum.Text(name);
        }

        for (var index = 0; index < stamps.Length; index++)
        {
            sum.Text(set.OwnNameOf(index));
            sum.Number(stamps[index].Length);
            sum.Number(set.Label(index));
        }

        if (stamps.Sum(stamp => stamp.Length) > limit)
        {
            using var times = new Checksum();
            Array.ForEach(stamps, stamp => times.Number(stamp.Written));
            return new(sum.Digits(), times.Digits());
        }

        byte[] buffer = [];
        for (var index = 0; index < stamps.Length; index++)
        {
            // an empty file is damaged, which is said where it is used
            sum.Bytes(stamps[index].Length == 0 ? [] : set.Read(index, ref buffer));
        }

        return new(sum.Digits());
    }

    /// <summary>Sizes and times, by all processors: of a million files they take seconds.</summary>
    private static FileStamp[] Stamps(EncodedSet set)
    {
        var stamps = new FileStamp[set.Count];
        try
        {
            Parallel.For(0, stamps.Length, index => stamps[index] = set.StampOf(index));
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return stamps;
    }
}

/// <summary>What is known of a stored image without reading it.</summary>
/// <param name="Length">Its bytes.</param>
/// <param name="Written">When its file was last written, in ticks of universal time.</param>
internal readonly record struct FileStamp(long Length, long Written);
