namespace Bnn

open System

/// What holds of an optimizer's steps. A row lists what it obeys; of what it does not list there is a counterexample.
[<EditorBrowsable(Never)>]
type StepLaw =
    /// From a fresh state, without gradient and decay, no weight moves.
    | Still
    /// With weights and gradients negated it does the negated.
    | Odd
    /// All gradients times a factor give the same steps, with epsilon and first accumulator 0.
    | ScaleInvariant
    /// No weight moves further in a step than a bound that its options give, whatever the gradients.
    | Bounded

/// An optimizer's row in the catalogue: everything that tests, documentation and builders need to know of it.
type OptimizerRow =
    {
        Name: string
        /// Paper, year and equation or algorithm.
        Source: string
        /// The learning rate that the builder starts from: tuned for a few epochs of the built-in sample, not the papers'
        /// (experiments/results/learning-rate.md).
        LearningRate: float
        /// Where weight decay goes unless the user says otherwise.
        Decay: WeightDecayKind
        /// Whether it updates nothing but binary weights: then another optimizer is needed for the rest.
        IsForBinaryWeights: bool
        [<EditorBrowsable(Never)>]
        Laws: StepLaw list
        [<EditorBrowsable(Never)>]
        Options: OptionInfo list
        /// The record of its options.
        OptionsType: Type
        /// The transform for option values, the others at their defaults; faults where one is out of range or unknown.
        [<EditorBrowsable(Never)>]
        Make: (string * float) list -> Result<Rule, Fault list>
    }

[<EditorBrowsable(Never)>]
module OptimizerRow =
    /// The row of an optimizer with such a record of options; name, source and what differs from Adam are to be set.
    let create (validate: 'Options -> Fault list) (rule: 'Options -> Rule) =
        {
            Name = ""
            Source = ""
            LearningRate = 1e-2
            Decay = WeightDecayKind.Coupled
            IsForBinaryWeights = false
            Laws = []
            Options = Options.infos<'Options>()
            OptionsType = typeof<'Options>
            Make =
                fun values ->
                    match Options.ofValues<'Options> values with
                    | Error faults -> Error faults
                    | Ok options ->
                        match Options.flagFaults<'Options> values @ validate options with
                        | [] -> Ok(rule options)
                        | faults -> Error faults
        }
