namespace Bnn.Core

/// A part of a training: what is binary in it, how long it lasts, how it decays.
type Stage =
    {
        Name: string
        /// Whether the binary layers' inputs are binarized.
        BinaryActivations: bool
        /// Whether the binary layers' weights are binarized; else their latent weights are used as they are.
        BinaryWeights: bool
        /// How its weights decay; the rate's schedule is over the stage.
        WeightDecay: WeightDecay
        /// Passes over the training images.
        Epochs: int
    }

/// A training as data: stages, each of which starts from the weights that the one before it left.
type Recipe = { Name: string; Stages: Stage list }

module Recipe =
    type Options =
        {
            /// Weight decay of step 1, or of the one step; default 5e-6, coupled, of the convolutions' weights (the paper,
            /// section 5.2).
            WeightDecay: WeightDecay
            /// Passes over the training images, each step; default 6. (ImageNet: 256.)
            Epochs: int
        }

    let defaults =
        {
            WeightDecay = WeightDecay.coupled (Const 5e-6)
            Epochs = 6
        }

    /// Weights and activations binary from the start.
    let oneStep (o: Options) =
        {
            Name = "one-step"
            Stages =
                [
                    {
                        Name = "step 1"
                        BinaryActivations = true
                        BinaryWeights = true
                        WeightDecay = o.WeightDecay
                        Epochs = o.Epochs
                    }
                ]
        }

    /// Step 1 binarizes activations only and decays the real weights; step 2 starts from step 1, binarizes the weights too and
    /// does not decay (the paper, section 5.2).
    let twoStep (o: Options) =
        {
            Name = "two-step"
            Stages =
                [
                    {
                        Name = "step 1"
                        BinaryActivations = true
                        BinaryWeights = false
                        WeightDecay = o.WeightDecay
                        Epochs = o.Epochs
                    }
                    {
                        Name = "step 2"
                        BinaryActivations = true
                        BinaryWeights = true
                        WeightDecay = WeightDecay.none
                        Epochs = o.Epochs
                    }
                ]
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

                for fault in WeightDecay.validate stage.WeightDecay do
                    { fault with
                        Name = $"{stage.Name}: {fault.Name}"
                    }
        ]
