namespace Bnn.Core

/// What the binary layers' latent weights are when a stage begins. All other weights are those that the stage before left.
type BinaryStart =
    /// What the stage before left; in the first stage the network's first weights.
    | Inherited
    /// Drawn anew as a network's first weights are: uniform in +-1 / sqrt(inputs of an output).
    | Fresh
    /// Drawn anew and all positive: uniform in 0..0.001, what the reference's own binary convolution starts from. No sign says anything.
    | FreshPositive

/// A part of a training: what is binary in it, how long it lasts, how it decays, where it starts and what it leaves.
type Stage =
    {
        Name: string
        /// Whether the binary layers' inputs are binarized.
        BinaryActivations: bool
        /// Whether the binary layers' weights are binarized; else their latent weights are used as they are.
        BinaryWeights: bool
        /// How its weights decay; the rate's schedule is over the stage.
        WeightDecay: WeightDecay
        /// How the learning rate changes during the stage, as a share of the optimizer's.
        Schedule: Expr
        /// Passes over the training images.
        Epochs: int
        /// What the binary layers start from.
        BinaryStart: BinaryStart
        /// Whether it leaves the weights of its best epoch, by top-1 on the test images, in place of its last one's.
        KeepsBest: bool
    }

/// A training as data: stages, each of which starts from the weights that the one before it left.
type Recipe = { Name: string; Stages: Stage list }

module Recipe =
    type Options =
        {
            /// Weight decay of step 1, or of the one step; default 5e-6, coupled, of the convolutions' weights (the paper,
            /// section 5.2).
            WeightDecay: WeightDecay
            /// How the learning rate changes during each step, as a share of the optimizer's; default: linear to 0 (section 5.1).
            Schedule: Expr
            /// Passes over the training images, each step; default 6. (ImageNet: 256.)
            Epochs: int
        }

    let defaults =
        {
            WeightDecay = WeightDecay.coupled (Const 5e-6)
            Schedule = Schedule.linear 1.0 0.0
            Epochs = 6
        }

    let private step number binaryActivations binaryWeights (o: Options) =
        {
            Name = $"step {number}"
            BinaryActivations = binaryActivations
            BinaryWeights = binaryWeights
            WeightDecay = o.WeightDecay
            Schedule = o.Schedule
            Epochs = o.Epochs
            BinaryStart = Inherited
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
        {
            Name = "one-step"
            Stages = [ step 1 true true o ]
        }

    /// Step 1 binarizes activations only and decays the real weights; step 2 starts from step 1, binarizes the weights too and
    /// does not decay (the paper, section 5.2).
    let twoStep (o: Options) =
        {
            Name = "two-step"
            Stages = [ step 1 true false o; secondStep o ]
        }

    /// The other order: step 1 binarizes weights only, step 2 the activations too. The paper's control (Table 4), 2.93 points below
    /// `twoStep` on ImageNet.
    let weightsFirst (o: Options) =
        {
            Name = "weights-first"
            Stages = [ step 1 false true o; secondStep o ]
        }

    /// All that is wrong with a recipe. Negative decay is allowed: the paper uses one.
    let validate (recipe: Recipe) =
        [
            yield!
                Fault.unless
                    (not recipe.Stages.IsEmpty)
                    "stages"
                    "an empty list"
                    "at least one stage, for instance Recipe.oneStep"
            for stage in recipe.Stages do
                yield! Fault.atLeast 1 $"{stage.Name}: epochs" stage.Epochs

                for fault in
                    WeightDecay.validate stage.WeightDecay
                    @ Schedule.validate "schedule" stage.Schedule do
                    { fault with
                        Name = $"{stage.Name}: {fault.Name}"
                    }
        ]
