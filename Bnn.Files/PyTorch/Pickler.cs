using System.Buffers.Binary;
using System.Text;

namespace Bnn;

/// <summary>
/// Writes a tree as a pickle of protocol 2, as torch.save does, with only the opcodes and names that
/// <c>torch.load(weights_only=True)</c> takes: those of tensors, texts, numbers, lists, tuples and dicts in all its versions,
/// those of sets and bytes in the newer ones.
/// </summary>
internal sealed class Pickler
{
    private const byte Protocol = 2;
    private const int MaxInteger = byte.MaxValue;

    // throws where a text has no UTF-8 form, which would otherwise silently come back as another text
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private readonly MemoryStream stream = new();
    private readonly List<PickleTensor> tensors = [];
    private int depth;

    /// <summary>The pickle, and the tensors in the order of their storages' keys 0, 1, 2 and so on.</summary>
    /// <exception cref="ArgumentException">The tree is none that can be read back.</exception>
    public static (byte[] Pickle, IReadOnlyList<PickleTensor> Tensors) Write(PickleValue root)
    {
        var pickler = new Pickler();
        pickler.Op(PickleOp.Proto, Protocol);
        pickler.Put(root);
        pickler.Op(PickleOp.Stop);
        Require(pickler.stream.Length <= PickleInput.MaxLength, $"names and plain data take more than {PickleInput.MaxLength} bytes");
        return (pickler.stream.ToArray(), pickler.tensors);
    }

    private void Put(PickleValue value)
    {
        Require(++depth <= PickleTree.MaxDepth + 1, $"the tree is deeper than {PickleTree.MaxDepth} levels");
        switch (value)
        {
            case PickleNone: Op(PickleOp.None); break;
            case PickleBool flag: Op(flag.Value ? PickleOp.NewTrue : PickleOp.NewFalse); break;
            case PickleInteger integer: Integer(integer); break;
            case PickleFloat number: Number(number.Value); break;
            case PickleText text: Text(text.Value); break;
            case PickleBytes bytes: Bytes(bytes.Value.Span); break;
            case PickleList list: Filled(PickleOp.EmptyList, PickleOp.Appends, list.Items); break;
            case PickleTuple tuple: Tuple([.. tuple.Items]); break;
            case PickleSet set: Set(set); break;
            case PickleDict dict: Dict(dict); break;
            case PickleTensor tensor: Tensor(tensor); break;
            default: throw new ArgumentException($"{value.GetType().Name} cannot be written");
        }

        depth--;
    }

    private void Integer(PickleInteger integer)
    {
        if (integer.Value >= int.MinValue && integer.Value <= int.MaxValue)
        {
            Op(PickleOp.BinInt);
            Int32((int)integer.Value);
            return;
        }

        var bytes = integer.Value.ToByteArray();
        Require(bytes.Length <= MaxInteger, $"an integer has {bytes.Length} bytes, more than {MaxInteger}");
        Op(PickleOp.Long1, (byte)bytes.Length);
        stream.Write(bytes);
    }

    private void Number(double number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, number);
        Op(PickleOp.BinFloat);
        stream.Write(bytes);
    }

    private void Text(string text)
    {
        byte[] bytes;
        try
        {
            bytes = Utf8.GetBytes(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException("a text has half a surrogate pair, which has no UTF-8 form", e);
        }

        Op(PickleOp.BinUnicode);
        Int32(bytes.Length);
        stream.Write(bytes);
    }

    // protocol 2 has no opcode for bytes
    private void Bytes(ReadOnlySpan<byte> bytes)
    {
        Global("_codecs", "encode");
        Text(Encoding.Latin1.GetString(bytes));
        Text("latin1");
        Op(PickleOp.Tuple2);
        Op(PickleOp.Reduce);
    }

    private void Filled(PickleOp empty, PickleOp fill, IReadOnlyList<PickleValue> items)
    {
        Op(empty);
        if (items.Count > 0)
        {
            Op(PickleOp.Mark);
            foreach (var item in items)
            {
                Put(item);
            }

            Op(fill);
        }
    }

    private void Tuple(PickleValue[] items)
    {
        if (items.Length > 3)
        {
            Op(PickleOp.Mark);
        }

        Array.ForEach(items, Put);
        Op(items.Length switch
        {
            0 => PickleOp.EmptyTuple,
            1 => PickleOp.Tuple1,
            2 => PickleOp.Tuple2,
            3 => PickleOp.Tuple3,
            _ => PickleOp.Tuple,
        });
    }

    private void Set(PickleSet set)
    {
        Global("__builtin__", "set");
        Filled(PickleOp.EmptyList, PickleOp.Appends, set.Items);
        Op(PickleOp.Tuple1);
        Op(PickleOp.Reduce);
    }

    private void Dict(PickleDict dict)
    {
        var keys = new PickleMapping(dict.Ordered);
        foreach (var (key, _) in dict.Entries)
        {
            Require(keys.TryAdd(key, key), $"the key {(key as PickleText)?.Value} is there twice, too long, or no text, number, bool or None");
        }

        Require(dict.Attributes is null || dict.Ordered, "only an OrderedDict has attributes");
        if (dict.Ordered)
        {
            OrderedDict();
        }
        else
        {
            Op(PickleOp.EmptyDict);
        }

        if (dict.Entries.Count > 0)
        {
            Op(PickleOp.Mark);
            foreach (var (key, value) in dict.Entries)
            {
                Put(key);
                Put(value);
            }

            Op(PickleOp.SetItems);
        }

        if (dict.Attributes is { } attributes)
        {
            Require(!attributes.Ordered && attributes.Entries.All(entry => entry.Key is PickleText), "attributes are a dict by texts");
            Put(attributes);
            Op(PickleOp.Build);
        }
    }

    /// <summary>_rebuild_tensor_v2(storage, 0, shape, strides, requires_grad = False, backward_hooks = OrderedDict())</summary>
    private void Tensor(PickleTensor tensor)
    {
        var storage = Storage(tensor);
        Global("torch._utils", "_rebuild_tensor_v2");
        Op(PickleOp.Mark);
        Op(PickleOp.Mark);
        Text("storage");
        Global("torch", storage);
        Text($"{tensors.Count}");
        Text("cpu");
        Integer(new PickleInteger(tensor.Bytes.Length / Dtypes.Size(tensor.Dtype)));
        Op(PickleOp.Tuple);
        Op(PickleOp.BinPersId);
        Integer(new PickleInteger(0));
        Extents(tensor.Shape);
        Extents(Strides(tensor.Shape));
        Op(PickleOp.NewFalse);
        OrderedDict();
        Op(PickleOp.Tuple);
        Op(PickleOp.Reduce);
        tensors.Add(tensor);
    }

    private static string Storage(PickleTensor tensor)
    {
        try
        {
            var size = Dtypes.SizeInBytes(tensor.Dtype, tensor.Shape);
            Require(size == tensor.Bytes.Length, $"a tensor has {tensor.Bytes.Length} bytes, where its shape and dtype take {size}");
            return Dtypes.StorageOf(tensor.Dtype) ?? throw new ArgumentException($"PyTorch has no storage of dtype {tensor.Dtype}");
        }
        catch (FormatException e)
        {
            throw new ArgumentException($"a tensor {e.Message}", e);
        }
    }

    private static long[] Strides(long[] shape)
    {
        var strides = new long[shape.Length];
        var next = 1L;
        for (var d = shape.Length - 1; d >= 0; d--)
        {
            strides[d] = next;
            next *= Math.Max(shape[d], 1);
        }

        return strides;
    }

    private void Extents(long[] extents) => Tuple([.. extents.Select(extent => new PickleInteger(extent))]);

    private void OrderedDict()
    {
        Global("collections", "OrderedDict");
        Op(PickleOp.EmptyTuple);
        Op(PickleOp.Reduce);
    }

    private void Global(string module, string name)
    {
        Op(PickleOp.Global);
        stream.Write(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
    }

    private void Op(PickleOp op) => stream.WriteByte((byte)op);

    private void Op(PickleOp op, byte argument)
    {
        Op(op);
        stream.WriteByte(argument);
    }

    private void Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new ArgumentException(problem);
        }
    }
}
