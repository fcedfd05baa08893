namespace Bnn.Core

/// Something that the method's published code does, and that its text does not say or that nobody would want. Each is a change of
/// a recipe, so that a published run can be repeated exactly and every other run need not have it.
type Quirk =
    /// The schedule goes by epoch and is stepped before the epoch that uses it: epoch e of E, from 0, has rate * (1 - (e + 1) / E).
    /// Effect: the last epoch has rate 0 and changes nothing but batch norm's running statistics.
    | ScheduleAhead
    /// Weight decay is of every parameter with four dimensions or "conv" in its name. Effect: learned shifts of activations
    /// (1 x C x 1 x 1) and StrongBaseline's learned scales decay too.
    | DecaysShifts
    /// The binary convolution's own first weights are uniform in 0..0.001. Effect: a training that begins with binary weights begins
    /// with every sign positive, from where correlation to initialization means little; a two-step training never sees them.
    | PositiveStart
    /// Step 2 starts from the epoch of step 1 that was best on the test images (AdamBNN's code). Effect: test images choose weights.
    | StartsFromBest
    /// The released ReActNet-A's step 2 names its binary weights differently from step 1 and loads what fits. Effect: it inherits no
    /// binary weight and starts with every sign positive; all else is inherited.
    | LosesBinaryWeights

module Reference =
    /// What AdamBNN's code does.
    let adamBnn = [ ScheduleAhead; DecaysShifts; PositiveStart; StartsFromBest ]

    /// What ReActNet's code does with ReActNet-A.
    let reActNetA = [ ScheduleAhead; DecaysShifts; PositiveStart; LosesBinaryWeights ]

    /// What ReActNet's code does with ReActNet-18.
    let reActNet18 = [ ScheduleAhead; DecaysShifts; PositiveStart ]

    let private decayed = [ BinaryWeights; RealConvolutions; Biases ]

    /// A stage with one quirk, by its place among so many stages.
    let private change count index quirk (stage: Stage) =
        match quirk with
        | ScheduleAhead ->
            { stage with
                Schedule = stage.Schedule |> Schedule.steppedBeforeUse |> Schedule.byEpoch stage.Epochs
            }
        | DecaysShifts ->
            { stage with
                WeightDecay = WeightDecay.ofGroups decayed stage.WeightDecay
            }
        | PositiveStart when index = 0 && stage.BinaryWeights ->
            { stage with
                BinaryStart = FreshPositive
            }
        | LosesBinaryWeights when index > 0 && stage.BinaryWeights ->
            { stage with
                BinaryStart = FreshPositive
            }
        | StartsFromBest when index < count - 1 -> { stage with KeepsBest = true }
        | PositiveStart
        | LosesBinaryWeights
        | StartsFromBest -> stage

    /// The recipe as the published code carries it out, with these quirks. The recipe must be valid.
    let apply (quirks: Quirk list) (recipe: Recipe) =
        let stage index stage =
            List.fold (fun stage quirk -> change recipe.Stages.Length index quirk stage) stage quirks

        { recipe with
            Stages = List.mapi stage recipe.Stages
        }
