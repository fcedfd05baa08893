/// Reads changed files of every kind, and says which took longest, which took most memory, and what no documentation has.
module Bnn.Tests.FuzzRun

open System
open System.Diagnostics
open System.IO
open System.Threading
open Bnn
open Bnn.Tests.FuzzKinds

/// How long one file may take before the run is given up: nothing else ends a reader that hangs.
let private patience = TimeSpan.FromMinutes 1.0

/// How many bytes reading one file may allocate.
let mostBytes = 1L <<< 30

type Outcome =
    {
        Kind: string
        Files: int
        Refused: int
        /// Seconds of the file that took longest, and its number.
        Slowest: float * int
        /// Bytes that were allocated for the file that took most, and its number.
        Largest: int64 * int
        /// What was raised that is not documented, with the file's number.
        Strangers: (int * exn) list
    }

/// The changed file of this number: the same in every run of the same seed.
let changed seed (kind: Kind) number =
    let random = Random(seed * 1_000_003 + number)
    kind.Change random kind.Whole[number % kind.Whole.Length]

let private isDocumented (e: exn) =
    match e with
    | :? BnnFileException
    | :? BnnConfigurationException -> true
    | _ -> false

/// Reads so many files of a kind in a folder; `begun` is told of each.
let private outcome seed count folder (begun: string -> unit) (kind: Kind) =
    for name, bytes in kind.Beside do
        let path = Path.Combine(folder, name)
        Directory.CreateDirectory(Path.GetDirectoryName path) |> ignore
        File.WriteAllBytes(path, bytes)

    let path = Path.Combine(folder, kind.File)
    Directory.CreateDirectory(Path.GetDirectoryName path) |> ignore

    let read result number =
        File.WriteAllBytes(path, changed seed kind number)
        begun $"{kind.Name}, file {number}"
        let before, clock = GC.GetAllocatedBytesForCurrentThread(), Stopwatch.StartNew()

        let raised =
            try
                kind.Read path
                None
            with e ->
                Some e

        let bytes = GC.GetAllocatedBytesForCurrentThread() - before

        { result with
            Refused = result.Refused + (if raised.IsSome then 1 else 0)
            Slowest = max result.Slowest (clock.Elapsed.TotalSeconds, number)
            Largest = max result.Largest (bytes, number)
            Strangers =
                match raised with
                | Some e when not (isDocumented e) -> (number, e) :: result.Strangers
                | _ -> result.Strangers
        }

    ({
        Kind = kind.Name
        Files = count
        Refused = 0
        Slowest = 0.0, 0
        Largest = 0L, 0
        Strangers = []
     },
     seq { 0 .. count - 1 })
    ||> Seq.fold read

/// Reads so many files of each kind, on a thread of its own; fails where one takes more than a minute.
let outcomes seed (counts: Kind -> int) (kinds: Kind list) =
    let folder = Directory.CreateTempSubdirectory "bnn-fuzz-"
    let mutable at = "", DateTime.UtcNow
    let mutable result = Ok []

    let work () =
        try
            result <-
                Ok
                    [
                        for k, kind in List.indexed kinds do
                            let own = folder.CreateSubdirectory $"{k}"
                            outcome seed (counts kind) own.FullName (fun name -> at <- name, DateTime.UtcNow) kind
                    ]
        with e ->
            result <- Error e

    let thread = Thread(work, 16 <<< 20, IsBackground = true)
    thread.Start()

    while not (thread.Join(TimeSpan.FromSeconds 1.0)) do
        let name, since = at

        if name <> "" && DateTime.UtcNow - since > patience then
            failwithf "%s hangs: seed %d" name seed

    folder.Delete true

    match result with
    | Ok outcomes -> outcomes
    | Error e -> raise (AggregateException e)

/// What is wrong with an outcome.
let faults (outcome: Outcome) =
    [
        if fst outcome.Largest > mostBytes then
            $"{outcome.Kind}: file {snd outcome.Largest} takes {fst outcome.Largest} bytes"

        for number, e in outcome.Strangers do
            $"{outcome.Kind}: file {number} raises {e}"
    ]

/// The command line's `fuzz COUNT [SEED]`: so many files, each kind as often as the others; the exit code.
let command count seed =
    let kinds = FuzzKinds.all ()
    let clock = Stopwatch.StartNew()
    let each = max 1 (count / kinds.Length)
    let outcomes = outcomes seed (fun _ -> each) kinds

    printfn "%-28s %7s %8s %9s %12s" "kind" "files" "refused" "longest" "most memory"

    for o in outcomes do
        printfn
            "%-28s %7d %8d %7.0f ms %9.1f MB"
            o.Kind
            o.Files
            o.Refused
            (1000.0 * fst o.Slowest)
            (float (fst o.Largest) / 1e6)

    let peak = float (Process.GetCurrentProcess().PeakWorkingSet64) / 1e6

    printfn
        "%d files in %.0f s, seed %d; the process took at most %.0f MB"
        (each * kinds.Length)
        clock.Elapsed.TotalSeconds
        seed
        peak

    let wrong = List.collect faults outcomes

    for fault in wrong do
        eprintfn "%s" fault

    min 1 wrong.Length
