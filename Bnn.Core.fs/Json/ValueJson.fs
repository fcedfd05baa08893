namespace Bnn

open System.Text.Json
open System.Text.Json.Nodes

/// Rules, stages and recipes as JSON, and back: what is written reads back as the same value. Formulas are the text of `Print`.
[<EditorBrowsable(Never)>]
module ValueJson =
    let private scheduleLeaves = [ Expr.time; Expr.iterations ]

    let private decayNode (decay: WeightDecay) =
        Json.ofMembers
            [
                "kind", Json.ofText (string decay.Kind)
                "rate", Json.ofFormula decay.Rate
                "groups", Json.ofList (decay.Groups |> List.map (string >> Json.ofText))
            ]

    let private readDecay path element : Read<WeightDecay> =
        Read.members path [ "kind"; "rate"; "groups" ] [] element
        |> Result.bind (fun its ->
            Read.both
                (Read.choice<WeightDecayKind> $"{path}.kind" its["kind"])
                (Read.both
                    (Read.formula scheduleLeaves $"{path}.rate" its["rate"])
                    (Read.list $"{path}.groups" Read.choice<ParameterGroup> its["groups"])))
        |> Read.map (fun (kind, (rate, groups)) ->
            {
                Kind = kind
                Rate = rate
                Groups = groups
            })

    /// A stage as an object; it has binarizers and places where the stage has some of its own.
    let stageNode (stage: Stage) : JsonObject =
        let binarizer name (value: Binarizer option) =
            [
                for binarizer in Option.toList value -> name, TableJson.ofBinarizer binarizer :> JsonNode
            ]

        Json.ofMembers
            [
                "name", Json.ofText stage.Name
                "binaryActivations", Json.ofFlag stage.BinaryActivations
                "binaryWeights", Json.ofFlag stage.BinaryWeights
                yield! binarizer "weights" stage.Weights
                yield! binarizer "activations" stage.Activations
                yield! Json.unlessIs [] Json.ofTexts "places" stage.Places
                "weightDecay", decayNode stage.WeightDecay
                "schedule", stage.Schedule |> Option.map Json.ofFormula |> Option.toObj
                "epochs", Json.ofNumber stage.Epochs
                "binaryStart", Json.ofText (string stage.BinaryStart)
                "keepsBest", Json.ofFlag stage.KeepsBest
            ]

    let private orNull read path (element: JsonElement) =
        if element.ValueKind = JsonValueKind.Null then
            Ok None
        else
            read path element |> Read.map Some

    let private readStage path (element: JsonElement) : Read<Stage> =
        gather {
            let! its =
                Members.Of(
                    path,
                    [
                        "name"
                        "binaryActivations"
                        "binaryWeights"
                        "weightDecay"
                        "schedule"
                        "epochs"
                        "binaryStart"
                        "keepsBest"
                    ],
                    [ "weights"; "activations"; "places" ],
                    element
                )

            let binarizer = orNull TableJson.readBinarizer
            let! name = its.Get("name", Read.text)
            and! binaryActivations = its.Get("binaryActivations", Read.flag)
            and! binaryWeights = its.Get("binaryWeights", Read.flag)
            and! weights = its.GetOr(None, "weights", binarizer)
            and! activations = its.GetOr(None, "activations", binarizer)
            and! places = its.GetOr([], "places", Read.texts)
            and! decay = its.Get("weightDecay", readDecay)
            and! schedule = its.Get("schedule", orNull (Read.formula scheduleLeaves))
            and! epochs = its.Get("epochs", Read.number)
            and! start = its.Get("binaryStart", Read.choice<BinaryStart>)
            and! keepsBest = its.Get("keepsBest", Read.flag)

            return
                {
                    Name = name
                    BinaryActivations = binaryActivations
                    BinaryWeights = binaryWeights
                    Weights = weights
                    Activations = activations
                    Places = places
                    WeightDecay = decay
                    Schedule = schedule
                    Epochs = epochs
                    BinaryStart = start
                    KeepsBest = keepsBest
                }
        }

    /// A stage as text.
    let ofStage (stage: Stage) = Json.text (stageNode stage)

    /// The stage that a text holds.
    let toStage (json: string) : Result<Stage, Fault list> = Read.document (readStage "") json

    /// A rule: its state with first values, the formulas of a step as `Print.text` has them with that of the gradient, the rates of its
    /// descents, and where it averages weights the average.
    let private ruleNode (rule: Rule) =
        let slot (slot: Slot) =
            Json.ofMembers
                [
                    "name", Json.ofText slot.Name
                    "once", Json.ofFlag (slot.Extent = Once)
                    "first", Json.ofFormula slot.Init
                ]
            :> JsonNode

        Json.ofMembers
            [
                "slots", Json.ofList (List.map slot rule.Slots)
                "formulas",
                Print.definitions (rule.Assignments @ [ "g'", rule.Gradient ])
                |> List.map Json.ofText
                |> Json.ofList
                "rates", Json.ofList (List.map Json.ofFormula rule.Rates)
                if rule.Average <> Expr.weight then
                    "average", Json.ofFormula rule.Average
            ]

    /// A rule as text.
    let ofRule (rule: Rule) = Json.text (ruleNode rule)

    let private readSlot path element : Read<string * Extent * Expr> =
        Read.members path [ "name"; "once"; "first" ] [] element
        |> Result.bind (fun its ->
            Read.both
                (Read.text $"{path}.name" its["name"])
                (Read.both
                    (Read.flag $"{path}.once" its["once"])
                    (Read.formula [ Expr.weight ] $"{path}.first" its["first"])))
        |> Read.map (fun (name, (once, first)) -> name, (if once then Once else PerWeight), first)

    let private readRule path (element: JsonElement) : Read<Rule> =
        let at name =
            if path = "" then name else $"{path}.{name}"

        let inputs =
            Expr.weight :: Expr.gradient :: ParameterGroup.ofWeight :: scheduleLeaves

        Read.members path [ "slots"; "formulas"; "rates" ] [ "average" ] element
        |> Result.bind (fun its ->
            Read.list (at "slots") readSlot its["slots"]
            |> Result.bind (fun slots ->
                let leaves = inputs @ [ for name, extent, _ in slots -> Slot(name, extent) ]

                let average: Read<Expr> =
                    match its.TryGetValue "average" with
                    | true, formula -> Read.formula leaves (at "average") formula
                    | _ -> Ok Expr.weight

                Read.both
                    (Read.list (at "formulas") Read.text its["formulas"]
                     |> Result.bind (Parse.definitions leaves))
                    (Read.both (Read.list (at "rates") (Read.formula leaves) its["rates"]) average)
                |> Result.bind (fun (formulas, (rates, average)) ->
                    let wanted = [ for name, _, _ in slots -> name + "'" ] @ [ "w'"; "g'" ]
                    let values = Map.ofList formulas

                    match wanted |> List.filter (values.ContainsKey >> not) with
                    | [] ->
                        Ok
                            {
                                Slots =
                                    [
                                        for name, extent, first in slots ->
                                            {
                                                Name = name
                                                Extent = extent
                                                Init = first
                                                Next = values[name + "'"]
                                            }
                                    ]
                                Weight = values["w'"]
                                Gradient = values["g'"]
                                Rates = rates
                                Average = average
                            }
                    | missing ->
                        let missing = String.concat ", " missing
                        Read.fault (at "formulas") $"without {missing}" "a formula for each slot, w' and g'")))

    /// The rule that a text holds.
    let toRule (json: string) : Result<Rule, Fault list> = Read.document (readRule "") json

    /// A recipe as text. What it leaves open is not there.
    let ofRecipe (recipe: Recipe) =
        let optimizer (its: RecipeOptimizer) =
            Json.ofMembers
                [
                    "name", Json.ofText its.Name
                    "learningRate", Json.ofReal its.LearningRate
                    "transform", ruleNode its.Transform :> JsonNode
                ]
            :> JsonNode

        Json.ofMembers
            [
                "name", Json.ofText recipe.Name
                "stages", Json.ofList (recipe.Stages |> List.map (fun stage -> stageNode stage :> JsonNode))
                match recipe.Optimizer with
                | Some its -> "optimizer", optimizer its
                | None -> ()
                match recipe.Batch with
                | Some examples -> "batch", Json.ofNumber examples
                | None -> ()
            ]
        |> Json.text

    let private readOptimizer path (element: JsonElement) : Read<RecipeOptimizer> =
        gather {
            let! its = Members.Of(path, [ "name"; "learningRate"; "transform" ], [], element)
            let! name = its.Get("name", Read.text)
            and! learningRate = its.Get("learningRate", Read.real)
            and! transform = its.Get("transform", readRule)

            return
                {
                    Name = name
                    Transform = transform
                    LearningRate = learningRate
                }
        }

    let private readRecipe (element: JsonElement) : Read<Recipe> =
        gather {
            let! its = Members.Of("", [ "name"; "stages" ], [ "optimizer"; "batch" ], element)
            let some read path = read path >> Read.map Some
            let! name = its.Get("name", Read.text)
            and! stages = its.Get("stages", (fun path -> Read.list path readStage))
            and! optimizer = its.GetOr(None, "optimizer", some readOptimizer)
            and! batch = its.GetOr(None, "batch", some Read.number)

            return
                {
                    Name = name
                    Stages = stages
                    Optimizer = optimizer
                    Batch = batch
                }
        }

    /// The recipe that a text holds.
    let toRecipe (json: string) : Result<Recipe, Fault list> = Read.document readRecipe json
