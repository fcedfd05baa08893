module Bnn.Tests.Main

open Expecto

[<EntryPoint>]
let main args =
    match args with
    | [| "train"; folder; rest |] -> SmallRun.train folder (int rest) None
    | [| "train"; folder; rest; start |] -> SmallRun.train folder (int rest) (Some start)
    | _ -> runTestsInAssemblyWithCLIArgs [] args
