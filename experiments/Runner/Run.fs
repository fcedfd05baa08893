namespace Bnn.Experiments

open System
open System.IO
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open Bnn

/// What is done with a trained network beside measuring it: numbers by names. `latent` is the network with its latent weights.
type Analysis =
    {
        Name: string
        /// What it costs, as a share of what training the network costs.
        Price: float
        Of: Training -> DataSplit -> BnnModel -> Map<string, float list>
    }

/// Where runs find and leave things.
type Places =
    {
        Store: Store
        /// --data; None: where packages put data.
        Data: string option
        Analyses: Analysis list
    }

/// One training: from its configuration to its record.
[<RequireQualifiedAccess>]
module Run =
    let private recipe (training: Training) =
        let stage k (step: Step) =
            Stage.Create(
                $"step %d{k + 1}",
                step.BinaryActivations,
                step.BinaryWeights,
                step.Epochs,
                weightDecay = WeightDecay.coupled (Const step.WeightDecay),
                binaryStart =
                    (if step.IsFresh then
                         BinaryStart.Fresh
                     else
                         BinaryStart.Inherited)
            )

        Recipe.Create("experiment", training.Steps |> List.mapi stage |> Array.ofList)

    let private schedule name =
        match name with
        | "linear" -> Schedule.linear 1.0 0.0
        | "cosine" -> Schedule.cosine 1.0 0.0
        | "constant" -> Schedule.constant 1.0
        | other -> invalidArg (nameof name) $"the schedule is {other}; allowed: linear, cosine, constant"

    /// An optimizer's transform of the gradient, by its name in the catalogue.
    let private transform (optimizer: Optimizer) =
        match Catalogue.tryFind optimizer.Name with
        | Some row -> row.Make [] |> Fault.orRaise
        | None ->
            let known = Catalogue.all |> List.map _.Name |> String.concat ", "
            invalidArg (nameof optimizer) $"the optimizer is {optimizer.Name}; allowed: {known}"

    let private withOptimizer (training: Training) (recipe: Recipe) =
        let optimizer = training.Optimizer

        match training.RealOptimizer with
        | None -> recipe.WithOptimizer(optimizer.Name, transform optimizer, optimizer.LearningRate)
        | Some real ->
            // one rate for both in the recipe; the real weights' own is a factor of their transform
            let ofReal =
                (transform real).Then(Rules.Scale(Const(real.LearningRate / optimizer.LearningRate)))

            let both =
                Rules.Partition(ofReal, struct (transform optimizer, [| ParameterGroup.BinaryWeights |]))

            recipe.WithOptimizer($"{optimizer.Name} and {real.Name}", both, optimizer.LearningRate)

    /// The trainer of a training, without a folder, and its images.
    let trainer (places: Places) (training: Training) =
        let images =
            DataSets.load places.Data training.Data
            |> DataSplit.take training.Images (training.Protocol = Protocol.Quick)

        BnnTrainer()
            .WithData(Data.InMemory(training.Data, images.Train, images.HeldOut))
            .WithAugmentation(DataSets.augmentation training.Data)
            .WithModel(Networks.find training.Network images.Train)
            .WithRecipe(recipe training |> withOptimizer training)
            .WithSchedule(schedule training.Schedule)
            .WithBatch(training.Batch)
            .WithSeed(training.Seed)
            .WithThreads(1)
            .WithDataWorkers(0)
            .WithEvaluation(if training.Protocol = Protocol.Screening then 0 else 1),
        images

    let private epoch (metrics: EpochMetrics) =
        let seen = Option.ofObj metrics.Diagnostics

        let latent (spread: LatentSpread) =
            {
                Limit = spread.Limit
                Counts = List.ofSeq spread.Counts
                Below = spread.Below
                Above = spread.Above
                Confident = spread.Confident
                Unsure = spread.Unsure
                Peaks = List.ofSeq spread.Peaks
            }

        let quartiles (q: Quartiles) =
            [ q.Least; q.Lower; q.Median; q.Upper; q.Greatest ]

        let firstLayer (layer: LayerDiagnostics) =
            {
                Sdam = layer.Sdam
                UpdateSdam = layer.IterationUpdateSdam
                Cam = quartiles layer.Cam
                UpdateCam = List.ofSeq layer.IterationUpdateCam
                ZeroGradients = quartiles layer.ChannelZeroGradients
            }

        let of' f =
            seen |> Option.map f |> Option.defaultValue nan

        {
            Step = metrics.StageIndex + 1
            Epoch = metrics.Epoch
            Loss = metrics.Loss
            TrainTop1 = metrics.TrainTop1
            HeldOutTop1 = metrics.Top1
            FlipFlopRatio = metrics.FlipFlopRatio
            C2IRatio = of' _.C2IRatio
            Saturation = metrics.Saturation
            ZeroGradientChannels = of' _.ZeroGradientChannels
            ZeroGradients = of' _.ZeroGradients
            DeadWeights = of' _.DeadWeights
            RevivedWeights = of' _.RevivedWeights
            Latent = seen |> Option.map (_.LatentWeights >> latent)
            FirstLayer =
                match seen with
                | Some seen when seen.Layers.Count > 0 && (metrics.Epoch = 1 || metrics.Epoch = metrics.Epochs) ->
                    Some(firstLayer seen.Layers[0])
                | _ -> None
        }

    let private machine (day: DateTime) =
        let bits =
            if Vector512.IsHardwareAccelerated then 512
            elif Vector256.IsHardwareAccelerated then 256
            else 128

        {
            Processor = $"{RuntimeInformation.ProcessArchitecture}, vectors of %d{bits} bits"
            Runtime = RuntimeInformation.FrameworkDescription
            Torch = string TorchSharp.torch.__version__
            Day = day.ToString("yyyy-MM-dd", Globalization.CultureInfo.InvariantCulture)
        }

    /// The folder in which a training keeps its checkpoints.
    let folder (places: Places) (training: Training) =
        Path.Combine(places.Store.Work, Training.hash (Training.plain training))

    /// A finished training's network with its latent weights: what its last checkpoint holds.
    let private latent folder =
        Directory.GetFiles(Path.Combine(folder, "checkpoints"), "*.safetensors")
        |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
        |> Array.last
        |> BnnModel.Load

    /// Trains in its folder, or goes on there, or gives the result again that is there.
    let rec private trained
        (places: Places)
        (progress: BnnTrainer -> BnnTrainer)
        (training: Training)
        : TrainingResult * DataSplit =
        let trainer, images = trainer places training

        let trainer =
            match training.Teacher with
            | None -> trainer
            | Some teacher ->
                // several students of one teacher may be at work
                use _claim = Store.claim places.Store teacher
                let result, _ = trained places progress teacher
                trainer.WithTeacher(result.Model)

        let trainer =
            trainer.SaveTo(folder places training).WithCheckpoints(TimeSpan.FromMinutes 10.0)
            |> progress

        trainer.Train(), images

    let private analysis (places: Places) (training: Training) images =
        if training.Analysis = "" then
            Map.empty
        else
            match places.Analyses |> List.tryFind (fun a -> a.Name = training.Analysis) with
            | Some analysis ->
                use model = latent (folder places training)
                analysis.Of training images model
            | None ->
                let known = places.Analyses |> List.map _.Name |> String.concat ", "
                invalidArg "analysis" $"the analysis is {training.Analysis}; allowed: {known}"

    /// Runs a training, or goes on with it, and measures it: its record. One that diverged has a record, too.
    /// <param name="places">Where it finds and leaves things.</param>
    /// <param name="progress">What is to be told while it runs.</param>
    /// <param name="training">The training.</param>
    let run (places: Places) (progress: BnnTrainer -> BnnTrainer) (training: Training) =
        let record =
            {
                Hash = Training.hash training
                NumericsVersion = Training.NumericsVersion
                Training = training
                Images = 0
                Failure = ""
                TestTop1 = nan
                Steps = []
                Epochs = []
                Analysis = Map.empty
                Seconds = 0.0
                Machine = machine DateTime.UtcNow
                DataNote =
                    if training.Data = DataSets.Cifar10 && DataSets.isJpeg places.Data then
                        "JPEG"
                    else
                        ""
            }

        try
            let result, images = trained places progress training
            use model = result.Model

            { record with
                Images = images.Train.Count
                TestTop1 =
                    if training.Protocol <> Protocol.Screening then
                        model.Evaluate(images.Test).Top1
                    else
                        nan
                Steps =
                    [
                        for stage in result.Stages ->
                            {
                                TrainTop1 = stage.TrainTop1
                                HeldOutTop1 = stage.Top1
                                FlipFlopRatio = stage.FlipFlopRatio
                                C2IRatio = stage.C2IRatio
                                Saturation = stage.Saturation
                            }
                    ]
                Epochs = [ for metrics in result.Epochs -> epoch metrics ]
                Analysis = analysis places training images
                Seconds = result.Stages |> Seq.sumBy _.Seconds
            }
        with :? BnnTrainingException as e ->
            { record with
                Failure = e.Message.Split('\n').[0]
            }
