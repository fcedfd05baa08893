using System.Numerics;
using System.Text;

namespace Bnn;

/// <summary>
/// Reads pickles as torch.save writes them: tensors and plain data. It is a loop over a stack, so no nesting overflows it; it
/// makes only the values of <c>PickleValue.cs</c>, and calls nothing: a class or function that is not on the list of
/// <see cref="PickleCalls"/> is refused by name where it is first named, or leaves a <see cref="PickleUnread"/>. Whatever the bytes, it ends in a
/// FormatException, a RefusedContentException or success, takes time in proportion to them, and no more memory than <see cref="PickleAllowance"/> says.
/// </summary>
/// <param name="input">The bytes.</param>
/// <param name="storageBytes">How many bytes of numbers there can be by a key; -1 where there are none.</param>
/// <param name="allowance">How many values the file may hold.</param>
/// <param name="skips">Whether what is neither a tensor nor plain data is passed over, and not refused.</param>
internal sealed class Unpickler(PickleInput input, Func<string, long> storageBytes, PickleAllowance allowance, bool skips = false)
{
    private const int MaxIntegerBytes = 1000;

    private readonly PickleStack stack = new(allowance);
    private readonly PickleCalls calls = new(storageBytes, allowance, skips);

    /// <summary>The storages that were named, by key; the first one of each key.</summary>
    public IReadOnlyDictionary<string, PickleStorage> Storages => calls.Storages;

    /// <summary>Reads one pickle, to the byte after its end.</summary>
    public PickleItem Read()
    {
        while (true)
        {
            var at = input.Position;
            try
            {
                var op = (PickleOp)input.Byte();
                if (op == PickleOp.Stop)
                {
                    var result = stack.Pop();
                    return stack.IsEmpty ? result : throw new FormatException("ends a pickle with values left");
                }

                Step(op);
            }
            catch (FormatException e)
            {
                throw new FormatException($"{e.Message} {input.At(at)}", e);
            }
            catch (RefusedContentException e)
            {
                throw new RefusedContentException($"{e.Message} {input.At(at)}", e.Remedy);
            }
        }
    }

    private void Step(PickleOp op)
    {
        if (!Number(op) && !Text(op) && !Container(op) && !Memo(op))
        {
            Object(op);
        }
    }

    private bool Number(PickleOp op)
    {
        switch (op)
        {
            case PickleOp.None: return Push(PickleNone.Value);
            case PickleOp.NewTrue: return Push(new PickleBool(true));
            case PickleOp.NewFalse: return Push(new PickleBool(false));
            case PickleOp.BinInt: return Push(new PickleInteger(input.Int32()));
            case PickleOp.BinInt1: return Push(new PickleInteger(input.Byte()));
            case PickleOp.BinInt2: return Push(new PickleInteger(input.UInt16()));
            case PickleOp.Long1: return Push(Long(input.Byte()));
            case PickleOp.Long4: return Push(Long(input.UInt32()));
            case PickleOp.BinFloat: return Push(new PickleFloat(input.BigEndianDouble()));
            default: return false;
        }
    }

    private bool Text(PickleOp op)
    {
        switch (op)
        {
            case PickleOp.BinUnicode: return Push(new PickleText(input.Text(input.UInt32())));
            case PickleOp.ShortBinUnicode: return Push(new PickleText(input.Text(input.Byte())));
            case PickleOp.BinUnicode8: return Push(new PickleText(input.Text(input.UInt64())));
            // Python 2's texts, which PyTorch takes for UTF-8 as well
            case PickleOp.BinString: return Push(new PickleText(input.Text(input.UInt32())));
            case PickleOp.ShortBinString: return Push(new PickleText(input.Text(input.Byte())));
            case PickleOp.ShortBinBytes: return Push(new PickleBytes(input.Bytes(input.Byte())));
            case PickleOp.BinBytes: return Push(new PickleBytes(input.Bytes(input.UInt32())));
            case PickleOp.BinBytes8: return Push(new PickleBytes(input.Bytes(input.UInt64())));
            default: return false;
        }
    }

    private bool Container(PickleOp op)
    {
        switch (op)
        {
            case PickleOp.EmptyList: return Push(new PickleSequence(PickleSequence.Kind.List));
            case PickleOp.EmptyTuple: return Push(new PickleSequence(PickleSequence.Kind.Tuple));
            case PickleOp.EmptySet: return Push(new PickleSequence(PickleSequence.Kind.Set));
            case PickleOp.EmptyDict: return Push(new PickleMapping(Ordered: false));
            case PickleOp.List: return Push(PickleSequence.Of(PickleSequence.Kind.List, stack.PopMark()));
            case PickleOp.Tuple: return Push(PickleSequence.Of(PickleSequence.Kind.Tuple, stack.PopMark()));
            case PickleOp.FrozenSet: return Push(PickleSequence.Of(PickleSequence.Kind.Set, stack.PopMark()));
            case PickleOp.Tuple1: return Push(PickleSequence.Of(PickleSequence.Kind.Tuple, stack.Pop(1)));
            case PickleOp.Tuple2: return Push(PickleSequence.Of(PickleSequence.Kind.Tuple, stack.Pop(2)));
            case PickleOp.Tuple3: return Push(PickleSequence.Of(PickleSequence.Kind.Tuple, stack.Pop(3)));
            case PickleOp.Append: return Add(PickleSequence.Kind.List, stack.Pop(1));
            case PickleOp.Appends: return Add(PickleSequence.Kind.List, stack.PopMark());
            case PickleOp.AddItems: return Add(PickleSequence.Kind.Set, stack.PopMark());
            case PickleOp.SetItem: return SetItems(stack.Pop(2));
            case PickleOp.SetItems: return SetItems(stack.PopMark());
            case PickleOp.Dict:
                var items = stack.PopMark();
                return Push(new PickleMapping(Ordered: false)) && SetItems(items);
            default: return false;
        }
    }

    private bool Memo(PickleOp op)
    {
        switch (op)
        {
            case PickleOp.Mark: stack.Mark(); break;
            case PickleOp.Pop: stack.Pop(); break;
            case PickleOp.PopMark: stack.PopMark(); break;
            case PickleOp.Dup: stack.Push(stack.Top); break;
            case PickleOp.BinPut: stack.Remember(input.Byte()); break;
            case PickleOp.LongBinPut: stack.Remember(input.UInt32()); break;
            case PickleOp.Memoize: stack.Remember(); break;
            case PickleOp.BinGet: stack.Recall(input.Byte()); break;
            case PickleOp.LongBinGet: stack.Recall(input.UInt32()); break;
            case PickleOp.Frame: input.UInt64(); break;
            case PickleOp.Proto:
                var version = input.Byte();
                if (version > 5)
                {
                    throw new FormatException($"has a pickle of version {version}; allowed: at most 5");
                }

                break;
            default: return false;
        }

        return true;
    }

    private void Object(PickleOp op)
    {
        switch (op)
        {
            case PickleOp.Global:
                Push(calls.Find(input.Line(), input.Line()));
                break;
            case PickleOp.StackGlobal:
                var name = stack.Pop() as PickleText;
                var module = stack.Pop() as PickleText;
                Push(calls.Find(module?.Value ?? "(no text)", name?.Value ?? "(no text)"));
                break;
            case PickleOp.Reduce:
                var arguments = stack.Pop();
                Push(calls.Reduce(stack.Pop(), arguments));
                break;
            case PickleOp.Build:
                var state = stack.Pop();
                calls.Build(stack.Top, state);
                break;
            case PickleOp.NewObj when skips:
                Push(Unread(stack.Pop(), stack.Pop()));
                break;
            case PickleOp.NewObjEx when skips:
                Push(Unread(stack.Pop(), stack.Pop(), stack.Pop()));
                break;
            case PickleOp.BinPersId:
                Push(calls.Storage(stack.Pop()));
                break;
            default:
                throw Enum.IsDefined(op)
                    ? new RefusedContentException(
                        $"uses the pickle opcode {op}, which tensors and plain data do not need,", PickleCalls.Remedy)
                    : new FormatException($"has the byte {(byte)op}, which is no pickle opcode,");
        }
    }

    /// <summary>An object of a class that is not read, of which its parts and at last its class are given. One of a known class is no plain data either.</summary>
    private static PickleUnread Unread(params ReadOnlySpan<PickleItem> parts) =>
        parts[^1] as PickleUnread ?? (parts[^1] is PickleGlobal known ? new PickleUnread(known.Name) : throw new FormatException("makes an object of something that is no class,"));

    private bool Push(PickleItem item)
    {
        stack.Push(item);
        return true;
    }

    private PickleInteger Long(uint count) => count <= MaxIntegerBytes
        ? new PickleInteger(new BigInteger(input.Bytes(count)))
        : throw new FormatException($"has an integer of {count} bytes; allowed: at most {MaxIntegerBytes}");

    private bool Add(PickleSequence.Kind kind, PickleItem[] items)
    {
        if (stack.Top is PickleUnread)
        {
            return true;
        }

        if (stack.Top is not PickleSequence sequence || sequence.Is != kind)
        {
            throw new FormatException($"adds to something that is no {kind.ToString().ToLowerInvariant()}");
        }

        sequence.Add(items);
        return true;
    }

    private bool SetItems(PickleItem[] items)
    {
        if (stack.Top is PickleUnread)
        {
            return true;
        }

        if (stack.Top is not PickleMapping mapping || items.Length % 2 != 0)
        {
            throw new FormatException("sets entries of something that is no dict, or a key without value");
        }

        for (var i = 0; i < items.Length; i += 2)
        {
            calls.AddEntry(mapping, items[i], items[i + 1]);
        }

        return true;
    }
}
