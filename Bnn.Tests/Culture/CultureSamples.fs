/// Code whose result depends on the culture, and code beside it whose result does not.
module Bnn.Tests.CultureSamples

open System
open System.Collections.Generic
open System.Globalization
open System.Linq

[<AbstractClass; Sealed>]
type Samples =
    static member BadHole(x: float) = $"{x}"
    static member BadFormattedHole(x: float) = $"{x:N1} and %d{3}"
    static member BadSecondHole(x: float, name: string) = $"%s{name} {name} {x}"
    static member BadWholeHole(n: int) = $"{n}"
    static member GoodTypedHole(x: float, n: int) = $"%g{x} %d{n}"
    static member GoodText(name: string) = $"{name} %s{name}"
    static member GoodString(x: float) = string x
    static member BadToString(x: float) = x.ToString()
    static member BadFormat(x: float) = x.ToString "N1"

    static member GoodFormat(x: float) =
        x.ToString("N1", CultureInfo.InvariantCulture)

    static member BadParse(text: string) = Double.Parse text

    static member GoodParse(text: string) =
        Double.Parse(text, CultureInfo.InvariantCulture)

    static member BadStringFormat(x: float) = String.Format("{0:N1}", x)

    static member GoodStringFormat(x: float) =
        String.Format(CultureInfo.InvariantCulture, "{0:N1}", x)

    static member BadJoin(values: float seq) = String.Join(", ", values)
    static member BadUpper(text: string) = text.ToUpper()
    static member GoodUpper(text: string) = text.ToUpperInvariant()
    static member BadStart(text: string) = text.StartsWith "i"

    static member GoodStart(text: string) =
        text.StartsWith("i", StringComparison.Ordinal)

    static member GoodCharacter(text: string) = text.StartsWith 'i'
    static member BadCompare(a: string, b: string) = String.Compare(a, b)
    static member GoodCompare(a: string, b: string) = compare a b
    static member BadOrder(names: string seq) = names.Order().ToArray()

    static member GoodOrder(names: string seq) =
        names.Order(StringComparer.Ordinal).ToArray()

    static member BadSort(names: List<string>) = names.Sort()
    static member BadArraySort(names: string[]) = Array.Sort<string> names
    static member BadDate(time: DateTime) = time.ToString()
    static member BadWrite(x: float) = Console.Write x

    static member BadRange(x: float) =
        raise (ArgumentOutOfRangeException("x", x, "at least 0"))

    static member GoodRange(x: float) =
        raise (ArgumentOutOfRangeException("x", string x, "at least 0"))

    static member BadThrow(n: int) =
        ArgumentOutOfRangeException.ThrowIfNegative n

    static member BadCulture() = CultureInfo.CurrentCulture
