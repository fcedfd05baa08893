namespace Bnn.Experiments

open System.Collections.Concurrent
open System.IO
open Bnn

/// The images of a training: what trains, what judges while it is worked on, and what judges a claim.
type DataSplit =
    {
        Train: Examples
        /// 5,000 training images that do not train.
        HeldOut: Examples
        Test: Examples
    }

[<RequireQualifiedAccess>]
module DataSplit =
    /// Images that judge where a script is only tried.
    [<Literal>]
    let Few = 400

    /// The first so many training images, 0 for all; and where a script is only tried few that judge.
    let take (images: int) isTrial (split: DataSplit) =
        {
            Train = if images = 0 then split.Train else split.Train.Take images
            HeldOut = if isTrial then split.HeldOut.Take Few else split.HeldOut
            Test = if isTrial then split.Test.Take Few else split.Test
        }

/// The data sets by their names.
[<RequireQualifiedAccess>]
module DataSets =
    [<Literal>]
    let FashionMnist = "Fashion-MNIST"

    [<Literal>]
    let Cifar10 = "CIFAR-10"

    /// Training images that are held out.
    [<Literal>]
    let HeldOut = 5_000

    /// Where Debian's package dataset-fashion-mnist puts it.
    let private debian = "/usr/share/datasets/fashion-mnist"

    let private missing name folders remedy =
        raise (BnnFileException(String.concat " and " folders, $"{name} is not there", remedy))

    /// A folder's shards of CIFAR-10, where both are there.
    let private tarShards folder =
        let train, test =
            Path.Combine(folder, "cifar10-train.tar"), Path.Combine(folder, "cifar10-test.tar")

        if File.Exists train && File.Exists test then
            Some(train, test)
        else
            None

    /// The folders in which a data set is looked for: the one that is given, and its subfolder of the data set's name.
    let private folders (given: string option) subfolder =
        [
            match given with
            | Some folder ->
                folder
                Path.Combine(folder, subfolder)
            | None -> ()
        ]

    let private fashionMnist given =
        let folders = folders given "fashion-mnist" @ [ debian ]

        let isThere folder =
            [ ""; ".gz" ]
            |> List.exists (fun ending -> File.Exists(Path.Combine(folder, "train-images-idx3-ubyte" + ending)))

        match List.tryFind isThere folders with
        | Some folder -> Data.FashionMnist folder
        | None ->
            missing
                FashionMnist
                folders
                "install Debian's package dataset-fashion-mnist, or fetch its four files (github.com/zalandoresearch/fashion-mnist) and name their folder by --data"

    let private cifar10 given =
        let folders = folders given "cifar10"

        let source folder =
            match tarShards folder with
            | Some(train, test) -> Some(Data.TarShards(train, test))
            | None when File.Exists(Path.Combine(folder, "data_batch_1.bin")) -> Some(Data.Cifar10 folder)
            | None -> None

        match List.tryPick source folders with
        | Some source -> source
        | None ->
            missing
                Cifar10
                (if folders.IsEmpty then [ "no folder" ] else folders)
                "fetch the binary version (www.cs.toronto.edu/~kriz/cifar.html), unpack it, and name its folder by --data"

    /// Whether its images are JPEGs: figures from them are not comparable with those from raw pixels to the last tenth.
    let isJpeg (given: string option) =
        folders given "cifar10" |> List.exists (tarShards >> Option.isSome)

    let private loaded = ConcurrentDictionary<string, DataSplit>()

    /// A data set's images; `given` is the folder of --data. Held-out images are the same in every run.
    /// <exception cref="BnnFileException">They are not there: the message says where to get them.</exception>
    let load (given: string option) name =
        loaded.GetOrAdd(
            name,
            fun _ ->
                let source =
                    match name with
                    | FashionMnist -> fashionMnist given
                    | Cifar10 -> cifar10 given
                    | other -> invalidArg "name" $"the data set is {other}; allowed: {FashionMnist}, {Cifar10}"

                let all = source.Load()
                let struct (train, heldOut) = all.Train.Split(HeldOut, 1L)

                {
                    Train = train
                    HeldOut = heldOut
                    Test = all.Test
                }
        )

    /// Flips and shifted crops for photographs, none for clothes.
    let augmentation name =
        if name = Cifar10 then
            Augmentation.Cifar
        else
            Augmentation.None
