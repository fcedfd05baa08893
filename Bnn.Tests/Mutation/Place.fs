/// Places of the library that are broken on purpose, one at a time, outside the rules, whose formulas `Mutants` breaks as values.
module Bnn.Tests.Mutation.Place

open System.IO
open Bnn.Tests

type Place =
    {
        /// What is wrong once it is broken.
        Fault: string
        /// The source file, from the repository's folder.
        File: string
        /// What stands there, once in the file.
        Text: string
        /// What stands there instead.
        Broken: string
        /// The tests that must notice: those whose names begin so.
        Tests: string
    }

    /// The project that is built anew: the file's first folder.
    member place.Project = place.File.Split('/')[0]

/// Places of one file.
let placesIn file tests (faults: (string * string * string) list) =
    [
        for fault, text, broken in faults ->
            {
                Fault = fault
                File = file
                Text = text
                Broken = broken
                Tests = tests
            }
    ]

/// How often the text stands in a file's source.
let occurrences (source: string) (text: string) = source.Split(text).Length - 1

/// The file's source in a folder, which is the repository's or a copy of it; the lines end as they do in this list.
let sourceIn (folder: string) place =
    File.ReadAllText(Path.Combine(folder, place.File)).ReplaceLineEndings "\n"

/// What is wrong with the place itself: the list has to follow the code.
let faultOf folder place =
    match occurrences (sourceIn folder place) place.Text with
    | 1 when place.Broken = place.Text -> Some "is not broken"
    | 1 -> None
    | count ->
        Some $"\"{place.Text}\" stands {count} times in {place.File}, not once: correct the list of Bnn.Tests/Mutation"
