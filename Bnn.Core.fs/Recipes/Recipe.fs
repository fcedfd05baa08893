namespace Bnn

open System
open System.Collections.Generic
open System.Runtime.InteropServices

/// What the binary layers' latent weights are when a stage begins. All other weights are those that the stage before left.
type BinaryStart =
    /// What the stage before left; in the first stage the network's first weights.
    | Inherited = 0
    /// Drawn anew as a network's first weights are: uniform in +-1 / sqrt(inputs of an output).
    | Fresh = 1
    /// Drawn anew and all positive: uniform in 0..0.001, what the reference's own binary convolution starts from. No sign says anything.
    | FreshPositive = 2

/// A part of a training: what is binary in it, how long it lasts, how it decays, where it starts and what it leaves.
type Stage =
    {
        /// What reports call it.
        Name: string
        /// Whether the binary layers' inputs are binarized.
        BinaryActivations: bool
        /// Whether the binary layers' weights are binarized; else their latent weights are used as they are.
        BinaryWeights: bool
        /// What makes weights binary during the stage; None for the network's own binarizers.
        [<EditorBrowsable(Never)>]
        Weights: Binarizer option
        /// What makes activations binary during the stage; None for the network's own.
        [<EditorBrowsable(Never)>]
        Activations: Binarizer option
        /// The full names of the layers and scopes in which the stage is binary; none: everywhere. Elsewhere activations and weights are
        /// real in it.
        [<EditorBrowsable(Never)>]
        Places: string list
        /// How its weights decay; the rate's schedule is over the stage.
        WeightDecay: WeightDecay
        /// How the learning rate changes during the stage, as a share of the optimizer's; None for the trainer's schedule.
        [<EditorBrowsable(Never)>]
        Schedule: Expr option
        /// Passes over the training images, at least 1.
        Epochs: int
        /// What the binary layers start from.
        BinaryStart: BinaryStart
        /// Whether it leaves the weights of its best epoch, by top-1 on the test images, in place of its last one's. The choice makes
        /// that top-1 look better than it is.
        KeepsBest: bool
    }

    /// The full names of the layers and scopes in which the stage is binary; none: everywhere.
    member stage.PlaceNames: IReadOnlyList<string> = stage.Places

    /// A stage.
    /// <param name="name">What reports call it.</param>
    /// <param name="binaryActivations">Whether the binary layers' inputs are binarized.</param>
    /// <param name="binaryWeights">Whether the binary layers' weights are binarized.</param>
    /// <param name="epochs">Passes over the training images, at least 1.</param>
    /// <param name="weightDecay">How its weights decay; null: they do not.</param>
    /// <param name="schedule">How the learning rate changes in it, as a share of the optimizer's; null: by the trainer's schedule.</param>
    /// <param name="binaryStart">What the binary layers start from.</param>
    /// <param name="keepsBest">Whether it leaves the weights of its best epoch.</param>
    /// <param name="weights">What makes weights binary in it; null: the network's own binarizers.</param>
    /// <param name="activations">What makes activations binary in it; null: the network's own.</param>
    /// <param name="places">The full names of the layers and scopes in which it is binary, for instance `layer4`; null or none: everywhere.
    /// Elsewhere activations and weights are real.</param>
    static member Create
        (
            name: string,
            binaryActivations: bool,
            binaryWeights: bool,
            epochs: int,
            [<Optional>] weightDecay: WeightDecay,
            [<Optional>] schedule: Expr,
            [<Optional; DefaultParameterValue(BinaryStart.Inherited)>] binaryStart: BinaryStart,
            [<Optional; DefaultParameterValue(false)>] keepsBest: bool,
            [<Optional>] weights: Binarizer,
            [<Optional>] activations: Binarizer,
            [<Optional>] places: IEnumerable<string>
        ) =
        let given value =
            if isNull (box value) then None else Some value

        {
            Name = name
            BinaryActivations = binaryActivations
            BinaryWeights = binaryWeights
            Weights = given weights
            Activations = given activations
            Places = if isNull places then [] else List.ofSeq places
            WeightDecay =
                if isNull (box weightDecay) then
                    WeightDecay.None
                else
                    weightDecay
            Schedule = given schedule
            Epochs = epochs
            BinaryStart = binaryStart
            KeepsBest = keepsBest
        }

/// A recipe's optimizer: what becomes of the gradient before the descent.
type RecipeOptimizer =
    {
        /// What reports call it.
        Name: string
        /// A rule without a descent, of the catalogue or one's own.
        Transform: Rule
        /// Above 0; a stage's schedule is a share of it.
        LearningRate: float
    }

/// A training as data: stages, each of which starts from the weights that the one before it left. What it leaves open, optimizer, batch, a
/// stage's schedule, the trainer decides.
type Recipe =
    {
        Name: string
        [<EditorBrowsable(Never)>]
        Stages: Stage list
        /// How weights are updated; None: the trainer's optimizer.
        [<EditorBrowsable(Never)>]
        Optimizer: RecipeOptimizer option
        /// Examples in a batch, at least 2; None: the trainer's.
        [<EditorBrowsable(Never)>]
        Batch: int option
    }

    /// A recipe of these stages.
    static member Create(name: string, [<ParamArray>] stages: Stage[]) =
        {
            Name = name
            Stages = List.ofArray stages
            Optimizer = None
            Batch = None
        }

    /// The stages, in order.
    member recipe.StagesInOrder: IReadOnlyList<Stage> = recipe.Stages

    /// The recipe with an optimizer of its own.
    /// <param name="name">What reports call it.</param>
    /// <param name="transform">A rule without a descent: `Rules.Adam()`, or one's own.</param>
    /// <param name="learningRate">Above 0; a stage's schedule is a share of it.</param>
    member recipe.WithOptimizer(name: string, transform: Rule, learningRate: float) =
        { recipe with
            Optimizer =
                Some
                    {
                        Name = name
                        Transform = transform
                        LearningRate = learningRate
                    }
        }

    /// The recipe with batches of so many examples, at least 2.
    member recipe.WithBatch(examples: int) = { recipe with Batch = Some examples }

    /// The recipe with every stage as long.
    /// <param name="epochs">Passes over the training examples, at least 1.</param>
    member recipe.WithEpochs(epochs: int) =
        { recipe with
            Stages = recipe.Stages |> List.map (fun stage -> { stage with Epochs = epochs })
        }

[<EditorBrowsable(Never)>]
module Recipe =
    type Options =
        {
            /// Weight decay of step 1, or of the one step; default 5e-6, coupled, of the convolutions' weights (the paper,
            /// section 5.2).
            WeightDecay: WeightDecay
            /// How the learning rate changes during each step, as a share of the optimizer's; default: linear to 0 (section 5.1).
            /// None: the trainer's.
            Schedule: Expr option
            /// Passes over the training images, each step; default 6. (ImageNet: 256.)
            Epochs: int
        }

    let defaults =
        {
            WeightDecay = WeightDecay.coupled (Const 5e-6)
            Schedule = Some(Schedule.linear 1.0 0.0)
            Epochs = 6
        }

    let private step number binaryActivations binaryWeights (o: Options) =
        {
            Name = $"step {number}"
            BinaryActivations = binaryActivations
            BinaryWeights = binaryWeights
            Weights = None
            Activations = None
            Places = []
            WeightDecay = o.WeightDecay
            Schedule = o.Schedule
            Epochs = o.Epochs
            BinaryStart = BinaryStart.Inherited
            KeepsBest = false
        }

    /// Step 2 of both recipes of two: all binary, without decay.
    let private secondStep (o: Options) =
        step
            2
            true
            true
            { o with
                WeightDecay = WeightDecay.none
            }

    /// Weights and activations binary from the start.
    let oneStep (o: Options) =
        Recipe.Create("one-step", step 1 true true o)

    /// Step 1 binarizes activations only and decays the real weights; step 2 starts from step 1, binarizes the weights too and
    /// does not decay (the paper, section 5.2).
    let twoStep (o: Options) =
        Recipe.Create("two-step", step 1 true false o, secondStep o)

    /// The other order: step 1 binarizes weights only, step 2 the activations too. The paper's control (Table 4), 2.93 points below
    /// `twoStep` on ImageNet.
    let weightsFirst (o: Options) =
        Recipe.Create("weights-first", step 1 false true o, secondStep o)

    /// The recipe with every stage as long.
    let withEpochs (epochs: int) (recipe: Recipe) = recipe.WithEpochs epochs

    /// The recipe with all that a trainer decides: where decay goes by its optimizer, and the schedule of stages without their own.
    let decide (usual: WeightDecayKind) (schedule: Expr) (recipe: Recipe) =
        let decide (stage: Stage) =
            { stage with
                WeightDecay = WeightDecay.decide usual stage.WeightDecay
                Schedule = stage.Schedule |> Option.orElse (Some schedule)
            }

        { recipe with
            Stages = recipe.Stages |> List.map decide
        }

    /// All that is wrong with a stage. Negative decay is allowed: the paper uses one.
    let validateStage (stage: Stage) =
        [
            Fault.atLeast 1 "epochs" stage.Epochs
            WeightDecay.validate stage.WeightDecay
            stage.Schedule
            |> Option.map (Schedule.validate "schedule")
            |> Option.defaultValue []
            Fault.unless
                (Enum.IsDefined stage.BinaryStart)
                "binaryStart"
                (string (int stage.BinaryStart))
                "Inherited, Fresh or FreshPositive"
            stage.Weights
            |> Option.map (Binarizer.validate >> Fault.ofPart "weights")
            |> Option.defaultValue []
            stage.Activations
            |> Option.map (Binarizer.validate >> Fault.ofPart "activations")
            |> Option.defaultValue []
        ]
        |> List.concat
        |> Fault.ofPart stage.Name

    /// All that is wrong with an optimizer.
    let validateOptimizer (optimizer: RecipeOptimizer) =
        Fault.positive "learningRate" optimizer.LearningRate
        @ RuleChecks.validate (optimizer.Transform >=> Rule.descend (Const 1.0))

    /// All that is wrong with a recipe.
    let validate (recipe: Recipe) =
        Fault.unless (not recipe.Stages.IsEmpty) "stages" "an empty list" "at least one stage"
        @ List.collect validateStage recipe.Stages
        @ (recipe.Optimizer
           |> Option.map (validateOptimizer >> Fault.ofPart "optimizer")
           |> Option.defaultValue [])
        @ (recipe.Batch |> Option.map (Fault.atLeast 2 "batch") |> Option.defaultValue [])
