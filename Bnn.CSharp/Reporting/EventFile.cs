using Google.Protobuf;
using Tensorboard;

namespace Bnn;

/// <summary>Reads what a run's event files show, as TensorBoard does.</summary>
internal static class EventFile
{
    /// <summary>What is shown of each step under each tag: a session's start withdraws what was there of its step and later ones. Null where a file is
    /// damaged, or one thing is shown twice.</summary>
    /// <exception cref="BnnFileException">A file cannot be read.</exception>
    public static IReadOnlyDictionary<(long Step, string Tag), Summary.Types.Value>? TryRead(IEnumerable<string> files)
    {
        var shown = new Dictionary<(long Step, string Tag), Summary.Types.Value>();
        foreach (var file in files)
        {
            if (TryEvents(Bytes(file)) is not { } events)
            {
                return null;
            }

            foreach (var its in events)
            {
                if (its.SessionLog is { Status: SessionLog.Types.SessionStatus.Start })
                {
                    shown.Keys.Where(key => key.Step >= its.Step).ToList().ForEach(key => shown.Remove(key));
                }

                if (its.Summary is not null && its.Summary.Value.Any(value => !shown.TryAdd((its.Step, value.Tag), value)))
                {
                    return null;
                }
            }
        }

        return shown;
    }

    private static List<Event>? TryEvents(ReadOnlySpan<byte> file)
    {
        var events = new List<Event>();
        while (file.Length > 0)
        {
            if (EventRecord.DataOf(file) is not { } range)
            {
                return null;
            }

            try
            {
                // of an array: these classes know no spans
                events.Add(Event.Parser.ParseFrom(file[range].ToArray()));
            }
            catch (InvalidProtocolBufferException)
            {
                return null;
            }

            file = file[(range.End.Value + sizeof(uint))..];
        }

        // an empty file lacks its first record, too
        return events.Count > 0 ? events : null;
    }

    private static byte[] Bytes(string path)
    {
        try
        {
            return RegularFile.Bytes(path);
        }
        catch (Exception e) when (AtomicFile.IsFileFault(e))
        {
            throw new BnnFileException(path, $"cannot be read ({e.Message})", "delete it, and the run's events are written anew", e);
        }
    }
}
