/// Images that go wrong: their files, and what PIL makes of them.
module Bnn.Tests.FaultImages

open System
open System.IO
open System.Security.Cryptography
open Bnn
open Bnn.Tests.DecodingSupport
open Expecto

let faultFolder = Path.Combine(AppContext.BaseDirectory, "fixtures", "faults")

let fixture name =
    File.ReadAllBytes(Path.Combine(faultFolder, name))

/// What PIL makes of each file, but for one that lacks image data: PIL makes the rest grey.
let expected =
    [
        for line in File.ReadAllLines(Path.Combine(faultFolder, "decoded.txt")) do
            match line.Split ' ' with
            | [| "06-half-with-end-marker.jpg"; _; _; _ |] -> "06-half-with-end-marker.jpg", None
            | [| name; width; height; digest |] -> name, Some(int width, int height, digest)
            | parts -> parts[0], None
    ]

let known name =
    expected |> List.find (fun (other, _) -> other = name) |> snd

let outcome decoder bytes =
    try
        let image = whole decoder bytes
        Some(image.Width, image.Height, Convert.ToHexStringLower(SHA256.HashData image.Pixels))
    with :? BnnFileException ->
        None
