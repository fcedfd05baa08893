namespace Bnn

open System
open System.Collections.Generic
open System.Globalization
open System.Text

/// What is read at most, so that a file of others can take neither memory nor the stack.
module internal Limits =
    /// Characters of a text, 1 MB.
    [<Literal>]
    let Characters = 1_000_000

    /// Brackets, calls and signs within each other; objects and arrays of JSON.
    [<Literal>]
    let Nesting = 64

    /// Operators above each other.
    [<Literal>]
    let Depth = 1000

/// A piece of a formula's text.
[<RequireQualifiedAccess>]
type internal Token =
    | Number of float
    | Name of string
    | Symbol of string
    | End

/// Cuts a formula's text into tokens. A fault raises `FormatException`.
module internal Tokens =
    let private symbols =
        [ "<="; "+"; "-"; "*"; "/"; "^"; "("; ")"; "|"; ","; ";"; "="; "<" ]

    let private isNamePart (c: char) =
        Char.IsAsciiLetterOrDigit c || c = '_' || c = '\''

    let private ends isPart (text: string) start =
        let mutable i = start

        while i < text.Length && isPart text[i] do
            i <- i + 1

        i

    let private number (text: string) start =
        let digits = ends (fun c -> Char.IsAsciiDigit c || c = '.') text start

        let stop =
            if digits < text.Length && (text[digits] = 'e' || text[digits] = 'E') then
                let sign =
                    if digits + 1 < text.Length && (text[digits + 1] = '+' || text[digits + 1] = '-') then
                        2
                    else
                        1

                ends Char.IsAsciiDigit text (digits + sign)
            else
                digits

        match Double.TryParse(text[start .. stop - 1], NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, value -> Token.Number value, stop
        | _ -> raise (FormatException $"{text[start .. stop - 1]}, which is no number")

    let private quoted (text: string) start =
        let name = StringBuilder()
        let mutable i = start + 1

        while i < text.Length && text[i] <> '"' do
            if text[i] = '\\' && i + 1 < text.Length then
                i <- i + 1
                name.Append(if text[i] = 'n' then '\n' else text[i]) |> ignore
            else
                name.Append text[i] |> ignore

            i <- i + 1

        if i = text.Length then
            raise (FormatException "a name whose quotes do not end")

        Token.Name(name.ToString()), i + 1

    /// NaN(hexadecimal bits) is a NaN other than the usual one.
    let private notANumber (text: string) start =
        let stop = start + 3

        if
            stop + 17 < text.Length
            && text[stop] = '('
            && text[stop + 17] = ')'
            && Seq.forall Char.IsAsciiHexDigit text[stop + 1 .. stop + 16]
        then
            let bits =
                Int64.Parse(text[stop + 1 .. stop + 16], NumberStyles.HexNumber, CultureInfo.InvariantCulture)

            Token.Number(BitConverter.Int64BitsToDouble bits), stop + 18
        else
            Token.Number nan, stop

    let ofText (text: string) =
        let tokens = List<struct (Token * int)>()
        let mutable i = 0

        while i < text.Length do
            let c = text[i]

            if Char.IsWhiteSpace c then
                i <- i + 1
            else
                let token, stop =
                    if Char.IsAsciiDigit c || c = '.' then
                        number text i
                    elif c = '"' then
                        quoted text i
                    elif Char.IsAsciiLetter c || c = '_' then
                        let stop = ends isNamePart text i

                        match text[i .. stop - 1] with
                        | "NaN" -> notANumber text i
                        | "Infinity" -> Token.Number infinity, stop
                        | "if"
                        | "then"
                        | "else" as word -> Token.Symbol word, stop
                        | name -> Token.Name name, stop
                    else
                        match
                            symbols
                            |> List.tryFind (fun s -> String.CompareOrdinal(text, i, s, 0, s.Length) = 0)
                        with
                        | Some symbol -> Token.Symbol symbol, i + symbol.Length
                        | None -> raise (FormatException $"{c} at character %d{i + 1}, which no formula has")

                tokens.Add(struct (token, i))
                i <- stop

        tokens.Add(struct (Token.End, text.Length))
        tokens.ToArray()
