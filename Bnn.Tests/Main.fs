module Bnn.Tests.Main

open Expecto

[<EntryPoint>]
let main args =
    match args with
    | [| "train"; folder |] -> SmallRun.train folder
    | _ -> runTestsInAssemblyWithCLIArgs [] args
