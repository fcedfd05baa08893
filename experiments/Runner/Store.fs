namespace Bnn.Experiments

open System
open System.IO
open System.Threading

/// A folder of records, `HASH.json` each, and who is at work on what.
type Store =
    {
        /// Where records are kept.
        Records: string
        /// Where claims of running processes are, and what they write while they train.
        Work: string
    }

[<RequireQualifiedAccess>]
module Store =
    let private file store hash =
        Path.Combine(store.Records, hash + ".json")

    /// Writes a file whole or not at all: who reads it meanwhile reads what was there before.
    let writeWhole (file: string) (text: string) =
        let part = $"{file}.{Guid.NewGuid():N}.part"

        try
            File.WriteAllText(part, text)
            File.Move(part, file, true)
        finally
            File.Delete part

    let private text (file: string) =
        try
            Ok(File.ReadAllText file)
        with
        | :? IOException
        | :? UnauthorizedAccessException as e -> Error $"{file} cannot be read: {e.Message}"

    /// What JSON leaves null, F# does not expect: texts that are not there are "", and a record without its parts is none.
    let private completed (record: Record) =
        let isThere part = not (isNull (box part))

        if
            isThere record.Training
            && isThere record.Steps
            && isThere record.Epochs
            && isThere record.Analysis
            && isThere record.Machine
            && (not (String.IsNullOrEmpty record.Failure) || not record.Steps.IsEmpty)
        then
            Ok
                { record with
                    Failure = string record.Failure
                    DataNote = string record.DataNote
                }
        else
            Error "a part of it is missing"

    /// A record of a file, or why it is not used: it must be what its name and its own configuration say.
    let read (file: string) : Result<Record, string> =
        let name = Path.GetFileNameWithoutExtension file

        let parsed text =
            Json.tryRead<Record> text
            |> Result.bind completed
            |> Result.mapError (fun problem -> $"{file} is no record: {problem}; remove it, and it is run again")

        match text file |> Result.bind parsed with
        | Ok record when record.NumericsVersion <> Training.NumericsVersion ->
            Error
                $"{file} is of numerics version %d{record.NumericsVersion}, this is %d{Training.NumericsVersion}: remove it, and it is run again"
        | Ok record when Training.hash record.Training <> name || record.Hash <> name ->
            Error
                $"{file} has a configuration whose hash is {Training.hash record.Training}: it was changed by hand, or the configuration has other fields now; remove it, and it is run again"
        | result -> result

    /// All records, and why others are not used.
    let readAll store =
        if Directory.Exists store.Records then
            Directory.GetFiles(store.Records, "*.json")
            |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
            |> List.ofArray
            |> List.map read
            |> List.partitionWith (function
                | Ok record -> Choice1Of2 record
                | Error problem -> Choice2Of2 problem)
        else
            [], []

    /// Whether a training's record is there; a damaged one is not.
    let tryFind store (training: Training) =
        let file = file store (Training.hash training)

        if File.Exists file then
            read file |> Result.toOption
        else
            None

    /// Writes a record, whole or not at all.
    let keep store (record: Record) =
        Directory.CreateDirectory store.Records |> ignore
        writeWhole (file store record.Hash) (Json.indented record + "\n")

    /// What Linux says of a file that another process has locked, EWOULDBLOCK; any other error, such as a full disk, is no claim of another.
    [<Literal>]
    let private isHeld = 11

    /// The right to run a training, until it is disposed of or the process ends; None where another process has it. The operating system keeps it, so
    /// that nothing is left behind by a process that was killed.
    let tryClaim store (training: Training) : IDisposable option =
        let folder = Path.Combine(store.Work, "claims")
        Directory.CreateDirectory folder |> ignore

        try
            new FileStream(
                Path.Combine(folder, Training.hash training),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None
            )
            :> IDisposable
            |> Some
        with :? IOException as e when e.HResult = isHeld ->
            None

    /// The same, after whoever has it.
    let rec claim store (training: Training) =
        match tryClaim store training with
        | Some claim -> claim
        | None ->
            Thread.Sleep(TimeSpan.FromSeconds 5.0)
            claim store training
