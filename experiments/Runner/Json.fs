namespace Bnn.Experiments

open System
open System.Globalization
open System.Text.Encodings.Web
open System.Text.Json
open System.Text.Json.Serialization

/// Numbers in records have six significant digits; what does not exist is NaN, null in the file.
type private Numbers() =
    inherit JsonConverter<float>()

    override _.HandleNull = true

    override _.Read(reader, _, _) =
        if reader.TokenType = JsonTokenType.Null then
            nan
        else
            reader.GetDouble()

    override _.Write(writer, value, _) =
        if Double.IsFinite value then
            writer.WriteRawValue(value.ToString("G6", CultureInfo.InvariantCulture))
        else
            writer.WriteNullValue()

/// How configurations and records are written.
[<RequireQualifiedAccess>]
module Json =
    let private options isIndented =
        let options =
            JsonSerializerOptions(
                PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
                WriteIndented = isIndented,
                // a number, a flag or an option that is added later, at its default in earlier trainings, leaves their hashes as they are; a text would not
                DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
                UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
                // files that people read: no \u0027
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
            )

        options.Converters.Add(Numbers())
        options.Converters.Add(JsonStringEnumConverter())
        options

    let private compactly = options false
    let private readably = options true

    /// One line.
    let compact value =
        JsonSerializer.Serialize(value, compactly)

    let indented value =
        JsonSerializer.Serialize(value, readably)

    /// The value of a text, or what is wrong with it.
    let tryRead<'T> (text: string) =
        try
            match JsonSerializer.Deserialize<'T>(text, compactly) with
            | value when isNull (box value) -> Error "it is null"
            | value -> Ok value
        with :? JsonException as e ->
            Error e.Message

    /// A number as records have it.
    let number (value: float) =
        value.ToString("G6", CultureInfo.InvariantCulture)
