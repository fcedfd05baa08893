namespace Bnn

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open System.Runtime.InteropServices

/// Weights and state between two steps of a rule. Immutable: a step gives the next state.
[<Sealed>]
type RuleState
    internal
    (
        step: OptimizerState -> float[] -> float[] -> struct (OptimizerState * float[]),
        state: OptimizerState,
        weights: float[],
        slots: string list
    ) =

    /// Steps done.
    member _.Time = state.Time

    /// The weights.
    member _.Weights: IReadOnlyList<float> = Array.AsReadOnly weights

    /// What the rule keeps under this name: a number a weight, or one for all. Another name raises ArgumentException.
    member _.Slot(name: string) : IReadOnlyList<float> =
        match List.tryFindIndex ((=) name) slots with
        | Some index -> Array.AsReadOnly state.Slots[index]
        | None ->
            let all = String.concat ", " slots
            invalidArg (nameof name) $"the rule has no slot {name}; it has: {all}"

    /// The state after a step on these gradients, one a weight. Another number of gradients raises ArgumentException.
    member _.Step(gradients: IEnumerable<float>) =
        ArgumentNullException.ThrowIfNull gradients
        let given = Seq.toArray gradients

        if given.Length <> weights.Length then
            invalidArg
                (nameof gradients)
                $"%d{given.Length} gradients for %d{weights.Length} weights; give one a weight"

        let struct (next, after) = step state given weights
        RuleState(step, next, after, slots)

/// What C# does with rules by the dot; F# has the functions of the module Rule.
[<Extension; AbstractClass; Sealed>]
type RuleMembers =
    /// First the other rule, then this one.
    [<Extension>]
    static member After(rule: Rule, first: Rule) =
        ArgumentNullException.ThrowIfNull first
        Rule.chain first rule

    /// This rule for weights of these groups; other weights stay as they are.
    [<Extension>]
    static member On(rule: Rule, [<ParamArray>] groups: ParameterGroup[]) =
        Rule.only (ParameterGroup.isOneOf groups) rule

    /// What the rule is for the weights of one group: what depends on the group is decided.
    [<Extension>]
    static member For(rule: Rule, group: ParameterGroup) = Rule.specialize group rule

    /// All that is wrong with it as a whole update: for instance, that it never changes a weight.
    [<Extension>]
    static member Validate(rule: Rule) : IReadOnlyList<Fault> = RuleChecks.validate rule

    /// The rule and weights before the first step, to follow it step by step in float64.
    /// <param name="rule">The rule.</param>
    /// <param name="weights">One output channel of binary weights.</param>
    /// <param name="iterations">Steps of the stage; 0 where not known.</param>
    [<Extension>]
    static member Start
        (rule: Rule, weights: IEnumerable<float>, [<Optional; DefaultParameterValue(0)>] iterations: int)
        =
        ArgumentNullException.ThrowIfNull weights

        if iterations < 0 then
            raise (
                ArgumentOutOfRangeException(
                    nameof iterations,
                    string iterations,
                    "a whole number of at least 0 is allowed"
                )
            )

        let first = Seq.toArray weights
        RuleState(Optimizer.step rule, Optimizer.startFor iterations rule first, first, rule.Slots |> List.map _.Name)

    /// The assignments of one step as LaTeX, in the papers' notation.
    [<Extension>]
    static member ToLatex(rule: Rule) = Latex.rule rule

    /// The rule as JSON; `Rules.FromJson` reads it.
    [<Extension>]
    static member ToJson(rule: Rule) = ValueJson.ofRule rule

/// What C# does with formulas by the dot; F# has the functions of the modules Schedule and Print.
[<Extension; AbstractClass; Sealed>]
type FormulaMembers =
    /// A schedule's value at an iteration (from 1) of a stage of so many; 0 iterations where the length is not known.
    [<Extension>]
    static member ValueAt(schedule: Expr, iteration: int, [<Optional; DefaultParameterValue(0)>] iterations: int) =
        Schedule.value iterations iteration schedule

    /// All that is wrong with it as a schedule.
    [<Extension>]
    static member Validate(schedule: Expr) : IReadOnlyList<Fault> = Schedule.validate "schedule" schedule

    /// The whole formula as text; `Schedules.Parse` reads it.
    [<Extension>]
    static member ToText(formula: Expr) = Print.expr formula

    /// The formula as LaTeX.
    [<Extension>]
    static member ToLatex(formula: Expr) = Latex.expr formula

/// Recipes as JSON for C#; F# has the module ValueJson.
[<Extension; AbstractClass; Sealed>]
type RecipeMembers =
    /// The recipe as JSON; `Recipes.FromJson` reads it.
    [<Extension>]
    static member ToJson(recipe: Recipe) = ValueJson.ofRecipe recipe

    /// All that is wrong with it.
    [<Extension>]
    static member Validate(recipe: Recipe) : IReadOnlyList<Fault> = Recipe.validate recipe

    /// The recipe as the reference implementation carries it out. `TruncatedLighting` is about images and no recipe's: the trainer's
    /// `WithDeviations` has it.
    /// <param name="deviations">In what it deviates; default: in all that AdamBNN's code does.</param>
    [<Extension>]
    static member WithDeviations
        (recipe: Recipe, [<Optional; DefaultParameterValue(Deviations.AdamBnn)>] deviations: Deviations)
        =
        Reference.apply deviations recipe
