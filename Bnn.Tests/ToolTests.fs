module Bnn.Tests.ToolTests

open System
open System.IO
open Bnn.Tests.ReportingTests
open Expecto

let private job: Tools.Job =
    {
        Arguments = [ "question" ]
        Answer = "answer"
    }

/// A program of these lines.
let private script (folder: string) name (lines: string list) =
    let path = Path.Combine(folder, name)
    File.WriteAllText(path, String.concat "\n" lines + "\n")
    File.SetUnixFileMode(path, UnixFileMode.UserRead ||| UnixFileMode.UserWrite ||| UnixFileMode.UserExecute)
    path

[<Tests>]
let tests =
    testList
        "Tools of tests"
        [
            testCase "A tool that is half there is not there: without its parts, its answer, its end or its permission"
            <| fun _ ->
                withFolder (fun folder ->
                    let make = script folder

                    let bytes name (content: byte[]) =
                        let path = make name []
                        File.WriteAllBytes(path, content)
                        path

                    let halves =
                        [
                            "needs what is missing",
                            make "a" [ "#!/bin/sh"; "exec /usr/lib/there-is-none/chromium \"$@\"" ]
                            "ends with an error", make "b" [ "#!/bin/sh"; "echo answer"; "exit 1" ]
                            "says something else", make "c" [ "#!/bin/sh"; "echo usage: c [options]" ]
                            "says nothing", make "d" [ "#!/bin/sh" ]
                            "has no interpreter", make "e" [ "#!/there/is/none"; "echo answer" ]
                            "never ends", make "f" [ "#!/bin/sh"; "echo answer"; "sleep 100" ]
                            "is cut", bytes "g" (File.ReadAllBytes("/bin/ls")[..999])
                            "is empty", bytes "h" [||]
                            "is a folder", folder
                            "is not there", Path.Combine(folder, "none")
                        ]

                    for name, program in halves do
                        let seconds = if name = "never ends" then 0.3 else 60.0
                        Expect.isFalse (Tools.does seconds job program) name

                    let whole = make "whole" [ "#!/bin/sh"; "echo \"the answer to the $1\"" ]
                    Expect.isTrue (Tools.does 60.0 job whole) "a whole one"

                    Expect.equal
                        (Tools.firstThat 60.0 job [ Path.Combine(folder, "none"); snd halves[1]; whole ])
                        (Some whole)
                        "the first that is whole")
        ]
