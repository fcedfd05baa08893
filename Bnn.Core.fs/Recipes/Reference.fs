namespace Bnn

open System

/// Deviations of the method's reference implementation: what its published code does, and its text does not say or nobody would
/// want. With these a published run can be repeated exactly; no other run has them.
[<Flags>]
type Deviations =
    /// None.
    | None = 0
    /// The schedule goes by epoch and is stepped before the epoch that uses it: epoch e of E, from 0, has rate * (1 - (e + 1) / E).
    /// Effect: the last epoch has rate 0 and changes nothing but batch norm's running statistics.
    | ScheduleAhead = 1
    /// Weight decay is of every parameter with four dimensions or "conv" in its name. Effect: learned shifts of activations
    /// (1 x C x 1 x 1) and StrongBaseline's learned scales decay too.
    | DecaysShifts = 2
    /// The binary convolution's own first weights are uniform in 0..0.001. Effect: a training that begins with binary weights begins
    /// with every sign positive, from where correlation to initialization means little; a two-step training never sees them.
    | PositiveStart = 4
    /// Step 2 starts from the epoch of step 1 that was best on the test images (AdamBNN's code). Effect: test images choose weights,
    /// and an evaluation an epoch is added to step 1.
    | StartsFromBest = 8
    /// The released ReActNet-A's step 2 names its binary weights differently from step 1 and loads what fits. Effect: it inherits no
    /// binary weight and starts with every sign positive; all else is inherited.
    | LosesBinaryWeights = 16
    /// The lighting noise, meant for pixels in 0..1, is added to 0..255 and cut off to whole numbers. Effect: each channel of a
    /// training image stays as it is or becomes darker by 1 of 255, in place of a change of colour. It is about images: a recipe
    /// stays as it is.
    | TruncatedLighting = 32
    /// All that AdamBNN's code does.
    | AdamBnn = 47
    /// All that ReActNet's code does with ReActNet-A.
    | ReActNetA = 55
    /// All that ReActNet's code does with ReActNet-18.
    | ReActNet18 = 39

/// Recipes as the reference implementation carries them out.
[<EditorBrowsable(Never)>]
module Reference =
    let private decayed =
        [
            ParameterGroup.BinaryWeights
            ParameterGroup.RealConvolutions
            ParameterGroup.ShiftsAndScales
        ]

    /// Every deviation that is one thing.
    let all =
        [
            Deviations.ScheduleAhead
            Deviations.DecaysShifts
            Deviations.PositiveStart
            Deviations.StartsFromBest
            Deviations.LosesBinaryWeights
            Deviations.TruncatedLighting
        ]

    /// Whether they are nothing but known ones.
    let isKnown (deviations: Deviations) =
        deviations &&& ~~~(List.reduce (|||) all) = Deviations.None

    /// A stage with one deviation, by its place among so many stages.
    let private change count index (stage: Stage) deviation =
        match deviation with
        | Deviations.ScheduleAhead ->
            { stage with
                Schedule =
                    stage.Schedule
                    |> Option.orElse Recipe.defaults.Schedule
                    |> Option.map (Schedule.steppedBeforeUse >> Schedule.byEpoch stage.Epochs)
            }
        | Deviations.DecaysShifts ->
            { stage with
                WeightDecay = WeightDecay.ofGroups decayed stage.WeightDecay
            }
        | Deviations.PositiveStart when index = 0 && stage.BinaryWeights ->
            { stage with
                BinaryStart = BinaryStart.FreshPositive
            }
        | Deviations.LosesBinaryWeights when index > 0 && stage.BinaryWeights ->
            { stage with
                BinaryStart = BinaryStart.FreshPositive
            }
        | Deviations.StartsFromBest when index < count - 1 -> { stage with KeepsBest = true }
        | _ -> stage

    /// The recipe with these deviations. It must be valid. A schedule that is left open is the paper's, linear to 0.
    let apply (deviations: Deviations) (recipe: Recipe) =
        let chosen = all |> List.filter (fun each -> deviations.HasFlag each)

        { recipe with
            Stages =
                recipe.Stages
                |> List.mapi (fun index stage -> chosen |> List.fold (change recipe.Stages.Length index) stage)
        }
