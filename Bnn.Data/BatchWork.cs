namespace Bnn;

/// <summary>One reading of a <see cref="ExampleFeed"/>: who fills which place of which batch, and when its memory is free. Batch k lies in
/// slot k mod slots; its images are handed to threads in their order, as soon as the batch that had the slot before is released.</summary>
internal sealed class BatchWork
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly object gate = new();
    private readonly BatchSlot[] slots;
    private readonly int[] order;
    private readonly IReadOnlyList<(int Start, int Count)> batches;
    private readonly View view;
    private readonly int[] left;
    private int released;
    private int nextBatch;
    private int nextPlace;
    private bool stopped;
    private Exception? fault;

    public BatchWork(BatchSlot[] slots, int[] order, IReadOnlyList<(int Start, int Count)> batches, View view)
    {
        (this.slots, this.order, this.batches, this.view) = (slots, order, batches, view);
        left = [.. batches.Select(batch => batch.Count)];
    }

    /// <summary>Starts a thread that fills places until there are no more.</summary>
    public Thread Start(ExampleReader reader, Examples examples)
    {
        var thread = new Thread(() =>
        {
            try
            {
                while (Take() is { } task)
                {
                    Fill(reader, examples, task.Batch, task.Place);
                }
            }
            catch (Exception e)
            {
                lock (gate)
                {
                    fault ??= e;
                    Monitor.PulseAll(gate);
                }
            }
        })
        {
            IsBackground = true,
            Name = "Bnn data",
        };
        thread.Start();
        return thread;
    }

    /// <summary>Fills a whole batch on this thread.</summary>
    public void Fill(ExampleReader reader, Examples examples, int batch)
    {
        for (var place = 0; place < batches[batch].Count; place++)
        {
            Fill(reader, examples, batch, place);
        }
    }

    /// <summary>Waits until a batch is whole.</summary>
    public BatchSlot Wait(int batch, CancellationToken cancellation)
    {
        lock (gate)
        {
            while (left[batch] > 0 && fault is null)
            {
                cancellation.ThrowIfCancellationRequested();
                Monitor.Wait(gate, Look);
            }

            return fault switch
            {
                null => slots[batch % slots.Length],
                BnnTrainingException known => throw new BnnTrainingException(known.Message, known),
                _ => throw new InvalidOperationException("reading examples failed", fault),
            };
        }
    }

    /// <summary>The oldest batch's memory is free.</summary>
    public void Release()
    {
        lock (gate)
        {
            released++;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Threads end after the image that they are at.</summary>
    public void Stop()
    {
        lock (gate)
        {
            stopped = true;
            Monitor.PulseAll(gate);
        }
    }

    private (int Batch, int Place)? Take()
    {
        lock (gate)
        {
            while (!stopped && nextBatch < batches.Count && nextBatch >= released + slots.Length)
            {
                Monitor.Wait(gate);
            }

            if (stopped || nextBatch == batches.Count)
            {
                return null;
            }

            var task = (nextBatch, nextPlace++);
            if (nextPlace == batches[nextBatch].Count)
            {
                (nextBatch, nextPlace) = (nextBatch + 1, 0);
            }

            return task;
        }
    }

    private void Fill(ExampleReader reader, Examples examples, int batch, int place)
    {
        var slot = slots[batch % slots.Length];
        var index = order[batches[batch].Start + place];
        try
        {
            reader.Write(index, view, slot.At(place), slot.TargetAt(place));
        }
        catch (BnnFileException e)
        {
            slot.Failed(place, e);
        }

        if (slot.HasLabels)
        {
            slot.SetLabel(place, Labels.Of(examples, index));
        }

        lock (gate)
        {
            if (--left[batch] == 0)
            {
                Monitor.PulseAll(gate);
            }
        }
    }
}
