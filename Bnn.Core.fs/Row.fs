namespace Bnn.Core

/// What holds of an optimizer's steps. A row lists what it obeys; of what it does not list there is a counterexample.
type StepLaw =
    /// From a fresh state, without gradient and decay, no weight moves.
    | Still
    /// With weights and gradients negated it does the negated.
    | Odd
    /// All gradients times a factor give the same steps, with epsilon and first accumulator 0.
    | ScaleInvariant
    /// No weight moves further in a step than a bound that its options give, whatever the gradients.
    | Bounded

/// One option of an optimizer, as builders and documentation show it; a flag is 0 or 1.
type RowOption =
    {
        Name: string
        Default: float
        IsFlag: bool
        /// What it does and its range, as part of a sentence.
        Meaning: string
    }

/// An optimizer's row in the catalogue: everything that tests, documentation and builders need to know of it.
type Row =
    {
        Name: string
        /// Paper, year and equation or algorithm.
        Source: string
        /// The learning rate that the builder starts from.
        LearningRate: float
        /// Where weight decay goes unless the user says otherwise.
        Decay: DecayKind
        /// Whether it updates nothing but binary weights: then another optimizer is needed for the rest.
        IsForBinaryWeights: bool
        Laws: StepLaw list
        Options: RowOption list
        /// The transform for option values; faults where one is out of range.
        Make: (string -> float) -> Result<Rule, Fault list>
    }

/// How an option lies in an optimizer's record of options.
type OptionField<'Options> =
    {
        Name: string
        IsFlag: bool
        Meaning: string
        Get: 'Options -> float
        Set: float -> 'Options -> 'Options
    }

module Row =
    /// An option that is a number.
    let number name meaning get set =
        {
            Name = name
            IsFlag = false
            Meaning = meaning
            Get = get
            Set = set
        }

    /// An option that is on or off.
    let flag name meaning (get: 'Options -> bool) (set: bool -> 'Options -> 'Options) =
        {
            Name = name
            IsFlag = true
            Meaning = meaning
            Get = fun o -> if get o then 1.0 else 0.0
            Set = fun value -> set (value <> 0.0)
        }

    /// The record of options with these values.
    let read (fields: OptionField<'Options> list) (defaults: 'Options) (get: string -> float) =
        fields |> List.fold (fun o field -> field.Set (get field.Name) o) defaults

    /// The function from option values to the transform.
    let make (fields: OptionField<'Options> list) (defaults: 'Options) validate (rule: 'Options -> Rule) =
        fun (get: string -> float) ->
            let flagFaults =
                fields
                |> List.filter _.IsFlag
                |> List.collect (fun field ->
                    let value = get field.Name
                    Fault.unless (value = 0.0 || value = 1.0) field.Name (string value) "0 or 1")

            let options = read fields defaults get

            match flagFaults @ validate options with
            | [] -> Ok(rule options)
            | faults -> Error faults

    /// The options as the catalogue shows them.
    let options (fields: OptionField<'Options> list) (defaults: 'Options) =
        fields
        |> List.map (fun field ->
            {
                Name = field.Name
                Default = field.Get defaults
                IsFlag = field.IsFlag
                Meaning = field.Meaning
            }
            : RowOption)
