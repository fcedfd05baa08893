/// Golden files of images: validation images as torchvision and PIL give them, and files that must be refused.
module Bnn.Tests.GoldenImages

open System
open System.IO
open Bnn
open Expecto
open TorchSharp

let private size = 224
let private deviations = Normalization.ImageNet.Deviations

/// The images of the folder val, with what the reference made of each.
let private expected folder =
    match PyTorchFile.Read(Path.Combine(folder, "images", "expected.pth")) with
    | :? PickleDict as dict ->
        [
            for entry in dict.Entries do
                match entry.Key, entry.Value with
                | (:? PickleText as name), (:? PickleTensor as tensor) -> name.Value, tensor
                | _ -> failtest "expected.pth holds something else than tensors by name"
        ]
    | other -> failtest $"expected.pth is {other}"

let private inputs normalization (images: Examples) index =
    let target = Array.zeroCreate (3 * size * size)
    use reader = images.OpenReader()
    reader.Write(index, View normalization, Span target)
    target

/// Compares an image: normalized numbers within 2/255 at every pixel and 0.1/255 on average, pixels exactly.
let private compare folder (name: string) (expected: PickleTensor) =
    use _scope = torch.NewDisposeScope()
    let image = Path.Combine(folder, "images", "val", name)

    let images =
        Data.TestFolder(Path.GetDirectoryName(Path.GetDirectoryName image), size)

    let place =
        Seq.head
            [
                for k in 0 .. images.Count - 1 do
                    if images.NameOf(k).EndsWith(name, StringComparison.Ordinal) then
                        k
            ]

    let tensor = TensorBytes.ToTensor(expected.Named "", torch.float64)
    let numbers = tensor.contiguous().data<float>().ToArray()

    if expected.Dtype = "U8" then
        Expect.equal
            (inputs (Normalization.Bytes 3) images place
             |> Array.map (fun x -> float (MathF.Round x)))
            numbers
            name
    else
        let actual = inputs Normalization.ImageNet images place

        let differences =
            Array.init numbers.Length (fun k ->
                255.0 * deviations[k / (size * size)] * abs (float actual[k] - numbers[k]))

        Expect.isLessThanOrEqual (Array.max differences) 2.0 $"{name}: largest difference, of 255"
        Expect.isLessThanOrEqual (Array.average differences) 0.1 $"{name}: mean difference, of 255"

let private refused (path: string) =
    let bytes = File.ReadAllBytes path
    let decoder = ImageDecoder()

    try
        let header = ImageHeader.Read(path, ReadOnlySpan bytes)
        let _image = decoder.Decode(path, ReadOnlySpan bytes, &header)
        failtest $"{path} was read"
    with :? BnnFileException as e ->
        Expect.equal e.Path path "the error names the file"

/// A test a file; none where the folder has no images.
let tests folder =
    let bad = Path.Combine(folder, "images", "bad")

    [
        if File.Exists(Path.Combine(folder, "images", "expected.pth")) then
            for name, tensor in expected folder do
                test name { compare folder name tensor }

        if Directory.Exists bad then
            for path in Directory.GetFiles bad |> Array.sort do
                test $"bad: {Path.GetFileName path}" { refused path }
    ]
