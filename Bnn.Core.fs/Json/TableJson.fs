namespace Bnn

open System.Collections.Generic
open System.Text.Json
open System.Text.Json.Nodes

/// What layers refer to by a key: every value is stated once, in the order in which layers need it.
type internal Keys<'T when 'T: equality>(prefix: string) =
    let keys = Dictionary<'T, string>(HashIdentity.Structural)
    let values = List<'T>()

    member _.Of(value: 'T) =
        match keys.TryGetValue value with
        | true, key -> key
        | _ ->
            values.Add value
            let key = $"{prefix}%d{values.Count}"
            // what holds NaN equals nothing, so that it is not found again
            keys[value] <- key
            key

    member _.Node(write: 'T -> JsonObject) =
        Json.ofMembers
            [
                for k, value in Seq.indexed values -> $"{prefix}%d{k + 1}", write value :> JsonNode
            ]

/// An element-wise formula with the numbers that it learns; the names of their tensors are the layer's.
type internal LearnedFormula = Elementwise * LearnedNumber list

/// The tables of what is being written.
type internal WrittenTables =
    {
        Binarizers: Keys<Binarizer>
        Formulas: Keys<LearnedFormula>
    }

/// The tables of what is being read. A damaged entry has had its faults told, so that who refers to it adds none; neither does anybody
/// where the whole table is damaged.
type internal ReadTables =
    {
        Binarizers: Read<Map<string, Read<Binarizer>>>
        Formulas: Read<Map<string, Read<LearnedFormula>>>
    }

/// JSON of binarizers and learned formulas: the entries of the tables.
module internal TableJson =
    let private twoSigns = ValueSet.Levels(2, -1.0, 1.0)

    let private ofValues (values: ValueSet) =
        match values with
        | ValueSet.Levels(count, low, high) ->
            [
                "levels", Json.ofNumber count
                "from", Json.ofReal low
                "to", Json.ofReal high
            ]
        | ValueSet.Interval(low, high) -> [ "from", Json.ofReal low; "to", Json.ofReal high ]
        |> Json.ofMembers
        :> JsonNode

    let ofBinarizer (b: Binarizer) =
        Json.ofMembers
            [
                "name", Json.ofText b.Name
                "formula", Json.ofFormula b.Formula
                yield! Json.unlessIs b.Formula Json.ofFormula "evaluation" b.Evaluation
                yield! Json.unlessIs twoSigns ofValues "values" b.Values
                yield! Json.unlessIs [] Json.ofTexts "learned" b.Parameters
            ]

    let private readValues path element =
        gather {
            let! its = Members.Of(path, [ "from"; "to" ], [ "levels" ], element)
            let! low = its.Get("from", Read.real)
            and! high = its.Get("to", Read.real)
            and! levels = its.Find("levels", Read.number)

            return
                match levels with
                | Some count -> ValueSet.Levels(count, low, high)
                | None -> ValueSet.Interval(low, high)
        }

    /// The formula over these inputs and learned numbers.
    let private readFormula (inputs: Expr list) (learned: string list) path element =
        match LayerChecks.learnedNames path inputs learned with
        | [] -> Read.formula (inputs @ [ for name in learned -> Input(name, PerChannel) ]) path element
        | faults -> Error faults

    let readBinarizer path element : Read<Binarizer> =
        gather {
            let! its =
                Members.Of(path, [ "name"; "formula" ], [ "evaluation"; "values"; "learned" ], element)

            let! learned = its.GetOr([], "learned", Read.texts)
            let formula = readFormula LayerChecks.binarizerInputs learned
            let! name = its.Get("name", Read.text)
            and! training = its.Get("formula", formula)
            and! evaluation = its.Find("evaluation", formula)
            and! values = its.GetOr(twoSigns, "values", readValues)

            return
                {
                    Name = name
                    Formula = training
                    Evaluation = Option.defaultValue training evaluation
                    Values = values
                    Parameters = learned
                }
        }

    let private usualGroup = ParameterGroup.ShiftsAndScales

    let private ofLearned (number: LearnedNumber) =
        Json.ofMembers
            [
                "input", Json.ofText number.Input
                yield! Json.unlessIs usualGroup (string >> Json.ofText) "group" number.Group
                yield! Json.unlessIs 0.0 Json.ofReal "first" number.First
            ]
        :> JsonNode

    let private inputsOf (learned: LearnedNumber list) = learned |> List.map _.Input

    let ofFormula ((formula, learned): LearnedFormula) =
        Json.ofMembers
            [
                "name", Json.ofText formula.Name
                "formula", Json.ofFormula formula.Output
                yield! Json.unlessIs [] (List.map ofLearned >> Json.ofList) "learned" learned
                yield! Json.unlessIs (inputsOf learned) Json.ofTexts "order" formula.Parameters
            ]

    let private readLearned path element : Read<LearnedNumber> =
        gather {
            let! its = Members.Of(path, [ "input" ], [ "group"; "first" ], element)
            let! input = its.Get("input", Read.text)
            and! group = its.GetOr(usualGroup, "group", Read.choice<ParameterGroup>)
            and! first = its.GetOr(0.0, "first", Read.real)

            return
                {
                    Input = input
                    Tensor = ""
                    Group = group
                    First = first
                }
        }

    let private readLearneds path element = Read.list path readLearned element

    let readFormulaEntry path element : Read<LearnedFormula> =
        gather {
            let! its = Members.Of(path, [ "name"; "formula" ], [ "learned"; "order" ], element)
            let! learned = its.GetOr([], "learned", readLearneds)
            let inputs = inputsOf learned
            let! name = its.Get("name", Read.text)
            and! output = its.Get("formula", readFormula LayerChecks.formulaInputs inputs)
            and! order = its.GetOr(inputs, "order", Read.texts)

            return
                {
                    Name = name
                    Output = output
                    Parameters = order
                },
                learned
        }
