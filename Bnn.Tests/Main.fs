module Bnn.Tests.Main

open System
open Bnn.Tests.Mutation
open Expecto

/// Whether a long test is of a tenth, by its name.
let private isOfTenth tenth name =
    String.concat "." name
    |> Seq.fold (fun hash letter -> (hash * 31 + int letter) % 1_000_003) 7
    |> fun hash -> hash % 10 = tenth

/// The tests of a run. BNN_LONG says which of the long ones are among them: all where it is not set, with "only" nothing else, with a
/// digit the tenth of that number, with "none" none.
let private chosen tests =
    let filter keep =
        Test.filter "." (fun name -> if Checks.isLong name then keep name else true) tests

    match Environment.GetEnvironmentVariable "BNN_LONG" with
    | null
    | "" -> tests
    | "only" -> Test.filter "." Checks.isLong tests
    | "none" -> filter (fun _ -> false)
    | digit -> filter (isOfTenth (int digit % 10))

[<EntryPoint>]
let main args =
    match args with
    | [| "train"; folder; rest |] -> SmallRun.train folder (int rest) None
    | [| "train"; folder; rest; start |] -> SmallRun.train folder (int rest) (Some start)
    | [| "open-files"; folder |] -> FolderLimitTests.whereNoMoreMayBeOpen folder
    | [| "mutants" |] -> MutationRun.breaking (MutationRun.chosen None)
    | [| "mutants"; tenth |] -> MutationRun.breaking (MutationRun.chosen (Some(int tenth)))
    | [| "fuzz"; count |] -> FuzzRun.command (int count) 1
    | [| "fuzz"; count; seed |] -> FuzzRun.command (int count) (int seed)
    | _ ->
        Impl.testFromThisAssembly ()
        |> Option.defaultValue (testList "" [])
        |> chosen
        |> runTestsWithCLIArgs [] args
