namespace Bnn.Experiments

open System
open System.Security.Cryptography
open System.Text
open System.Text.Json.Serialization

/// A part of a training: what is binary in it, how long it lasts and how it decays.
type Step =
    {
        BinaryActivations: bool
        BinaryWeights: bool
        Epochs: int
        /// Coupled, of the convolutions' weights.
        WeightDecay: float
        /// Whether the binary layers' weights are drawn anew; else they are what the step before left.
        IsFresh: bool
    }

/// An optimizer by its name in the catalogue, options other than the rate at their defaults.
type Optimizer = { Name: string; LearningRate: float }

/// How far a run counts: which images train and which judge.
type Protocol =
    /// Of a script's --quick mode: it shows that the script works, and is no evidence.
    | Quick = 0
    /// For choosing rates and decays: few images, judged on held-out training images. The test images are not read.
    | Screening = 1
    /// For claims: all training images but those held out, on which accuracy is measured after each epoch; the test images are read once, at the end.
    | Full = 2

/// Everything that decides the numbers of one training, by published names. All images but 5,000 held-out ones train, or the first so many of these.
type Training =
    {
        /// "Fashion-MNIST" or "CIFAR-10".
        Data: string
        /// Training images; 0: all that are not held out.
        Images: int
        /// A name that `Networks` knows.
        Network: string
        Optimizer: Optimizer
        /// The optimizer of all weights that are not binary; None: the same.
        RealOptimizer: Optimizer option
        /// "linear", "cosine" (both to 0) or "constant", over each step.
        Schedule: string
        Steps: Step list
        /// Images in a batch.
        Batch: int
        /// Whose logits it learns from; None: from labels.
        Teacher: Training option
        /// What is done with the trained network, by its name; "": nothing.
        Analysis: string
        Protocol: Protocol
        Seed: int64
    }

    /// Epochs of all steps.
    [<JsonIgnore>]
    member training.Epochs = training.Steps |> List.sumBy _.Epochs

[<RequireQualifiedAccess>]
module Step =
    let private step activations weights epochs decay =
        {
            BinaryActivations = activations
            BinaryWeights = weights
            Epochs = epochs
            WeightDecay = decay
            IsFresh = false
        }

    /// Nothing is binary: clip(-1, x, 1) in place of signs, latent weights as they are.
    let real = step false false

    /// Binary activations, real weights.
    let activations = step true false

    /// Real activations, binary weights.
    let weights = step false true

    /// All binary.
    let binary = step true true

[<RequireQualifiedAccess>]
module Training =
    /// Raised only when a change alters the numbers of trainings beyond rounding: then no earlier record counts. A change within rounding keeps
    /// it, and `all.fsx --check 5` runs five records again.
    [<Literal>]
    let NumericsVersion = 1

    /// The text of which the hash is made: the configuration as JSON with the version.
    let canonical (training: Training) =
        $"{Json.compact training} numerics %d{NumericsVersion}"

    /// Twelve hexadecimal digits that tell trainings apart.
    let hash (training: Training) =
        (SHA256.HashData(Encoding.UTF8.GetBytes(canonical training))
         |> Convert.ToHexString)
            .ToLowerInvariant()[..11]

    /// What every training of these experiments has unless it says otherwise: Adam at its default rate, linear schedule, batches of 64, labels.
    let usual (data: string) (network: string) =
        {
            Data = data
            Images = 0
            Network = network
            Optimizer = { Name = "Adam"; LearningRate = 0.01 }
            RealOptimizer = None
            Schedule = "linear"
            Steps = []
            Batch = 64
            Teacher = None
            Analysis = ""
            Protocol = Protocol.Full
            Seed = 1L
        }

    /// The training without its analysis.
    let plain (training: Training) = { training with Analysis = "" }

    /// A training in words, for a list of runs.
    let inWords (training: Training) =
        let step (step: Step) =
            let kind =
                match step.BinaryActivations, step.BinaryWeights with
                | true, true -> "binary"
                | true, false -> "activations"
                | false, true -> "weights"
                | false, false -> "real"

            let fresh = if step.IsFresh then ", fresh" else ""

            let decay =
                if step.WeightDecay = 0.0 then
                    ""
                else
                    $", decay {Json.number step.WeightDecay}"

            $"{kind} %d{step.Epochs}{decay}{fresh}"

        let optimizer (o: Optimizer) =
            $"{o.Name} {Json.number o.LearningRate}"

        [
            training.Data
            training.Network
            optimizer training.Optimizer
            match training.RealOptimizer with
            | Some real -> $"real weights {optimizer real}"
            | None -> ()
            if training.Schedule <> "linear" then
                training.Schedule
            training.Steps |> List.map step |> String.concat " + "
            if training.Images > 0 then
                $"%d{training.Images} images"
            if training.Teacher.IsSome then
                "taught"
            if training.Analysis <> "" then
                training.Analysis
            $"seed %d{training.Seed}"
        ]
        |> String.concat "; "
