module Bnn.Tests.Main

open Expecto

[<EntryPoint>]
let main args =
    match args with
    | [| "train"; folder; rest |] -> SmallRun.train folder (int rest)
    | _ -> runTestsInAssemblyWithCLIArgs [] args
