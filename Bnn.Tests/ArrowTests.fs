/// The arrows between projects, as the project files have them.
module Bnn.Tests.ArrowTests

open System.IO
open System.Xml.Linq
open Expecto

/// The library's projects, each with those that it may see; what a project sees is above it.
let private library =
    [
        "Bnn.Core.fs", []
        "Bnn.Files", []
        "Bnn.Data", [ "Bnn.Core.fs"; "Bnn.Files" ]
        "Bnn.CSharp", [ "Bnn.Core.fs"; "Bnn.Files"; "Bnn.Data" ]
    ]

let private fileOf project =
    Path.Combine(Programs.root, project)
    |> fun folder -> Directory.GetFiles(folder, "*.?sproj")
    |> Array.exactlyOne

let private including element project =
    [
        for found in XDocument.Load(fileOf project).Descendants(XName.Get element) do
            found.Attribute(XName.Get "Include").Value
    ]

let private seenBy project =
    [
        for reference in including "ProjectReference" project -> Path.GetFileName(Path.GetDirectoryName reference)
    ]

let private packagesOf project = including "PackageReference" project

[<Tests>]
let tests =
    testList
        "Arrows"
        [
            test "a project sees those that it may, and none that sees it" {
                for place, (project, allowed) in List.indexed library do
                    Expect.containsAll allowed (seenBy project) project
                    let above = library |> List.take place |> List.map fst
                    Expect.containsAll above allowed $"{project}: what it may see is above it"
            }

            test "only the facade knows torch, only the data decode images, and the core knows FSharp.Core alone" {
                let having (part: string) =
                    [
                        for project, _ in library do
                            if packagesOf project |> List.exists _.Contains(part) then
                                project
                    ]

                Expect.equal (having "orch") [ "Bnn.CSharp" ] "torch"
                Expect.equal (having "SkiaSharp") [ "Bnn.Data" ] "images"
                Expect.equal (packagesOf "Bnn.Core.fs") [ "FSharp.Core" ] "the core"
            }

            test "every project of the library is named here" {
                let all =
                    [
                        for folder in Directory.GetDirectories Programs.root do
                            let name = Path.GetFileName folder

                            if
                                name.StartsWith "Bnn."
                                && name <> "Bnn.Tests"
                                && name <> "Bnn.Benchmarks"
                                && Directory.GetFiles(folder, "*.?sproj").Length > 0
                            then
                                name
                    ]

                Expect.equal (List.sort all) (library |> List.map fst |> List.sort) "projects"
            }
        ]
