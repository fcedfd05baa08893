using System.Buffers.Binary;
using System.Numerics;

namespace Bnn;

/// <summary>numpy's scalars, which training scripts often save as an accuracy or a loss.</summary>
internal static class PickleNumpy
{
    /// <summary>The dtype of a code like <c>f8</c> or <c>&lt;i4</c>; null for one that is not read.</summary>
    public static PickleNumpyType? Type(string code)
    {
        var plain = code is ['<' or '|', .. var rest] ? rest : code;
        return plain is "f2" or "f4" or "f8" or "i1" or "i2" or "i4" or "i8" or "u1" or "u2" or "u4" or "u8" or "b1"
            ? new PickleNumpyType(plain)
            : null;
    }

    /// <summary>The number that a scalar's bytes are.</summary>
    public static PickleValue Scalar(PickleNumpyType type, PickleBytes bytes)
    {
        var span = bytes.Value.Span;
        if (span.Length != type.Code[1] - '0')
        {
            throw new FormatException($"has {span.Length} bytes for a numpy scalar of type {type.Code}");
        }

        return type.Code switch
        {
            "b1" => new PickleBool(span[0] != 0),
            "f2" => new PickleFloat((double)BinaryPrimitives.ReadHalfLittleEndian(span)),
            "f4" => new PickleFloat(BinaryPrimitives.ReadSingleLittleEndian(span)),
            "f8" => new PickleFloat(BinaryPrimitives.ReadDoubleLittleEndian(span)),
            _ => new PickleInteger(new BigInteger(span, isUnsigned: type.Code[0] == 'u')),
        };
    }
}
