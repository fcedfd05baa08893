namespace Bnn

open System.Collections.Generic

/// What is wrong with a layer where it stands: every fault names the layer and says what would fit.
[<EditorBrowsable(Never)>]
module LayerChecks =
    let private within where what least most (value: int) =
        Fault.unless (value >= least && value <= most) $"{where}: {what}" (string value) $"%d{least} to %d{most}"

    let private sizeWithin where what least most (size: Size2) =
        within where $"{what} rows" least most size.Rows
        @ within where $"{what} columns" least most size.Columns

    /// A window that moves over the padded input.
    let private window where (window: Size2) (stride: Size2) (padding: Size2) roundsUp (x: FeatureSize) =
        // A last window that is not filled may begin with the input and reach a stride beyond it.
        let fits name (size: int64) kernel stride padding =
            let most = size + 2L * int64 padding + (if roundsUp then int64 stride - 1L else 0L)

            Fault.unless
                (int64 kernel <= most)
                $"{where}: {name} of the window"
                (string kernel)
                $"at most %d{most}: the input is {x}, padded by %d{padding}"

        match
            sizeWithin where "window" 1 Layer.MostKernel window
            @ sizeWithin where "stride" 1 Layer.Most stride
            @ sizeWithin where "padding" 0 Layer.MostKernel padding
        with
        | [] ->
            fits "rows" x.Height window.Rows stride.Rows padding.Rows
            @ fits "columns" x.Width window.Columns stride.Columns padding.Columns
        | faults -> faults

    let private isVector where what (x: FeatureSize) =
        Fault.unless
            (x.Height = 1L && x.Width = 1L)
            $"{where}: input"
            (string x)
            $"a vector, channels x 1 x 1: put Layers.GlobalMean() or Layers.Flatten() before {what}"

    /// A name under which something is stored.
    let name where (name: string) =
        let isPart (part: string) =
            part <> ""
            && part
               |> Seq.forall (fun c -> System.Char.IsAsciiLetterOrDigit c || c = '_' || c = '-')

        Fault.unless
            (name.Length <= 200 && name.Split '.' |> Array.forall isPart)
            where
            (if name = "" then "without a name" else $"named {name}")
            "a name of letters, digits, _ and -, with single dots between; what is learned is stored under it"

    /// What a binarizer may read besides the numbers that it learns.
    let binarizerInputs = [ Binarizer.x; Binarizer.noise; Expr.time; Expr.iterations ]

    /// What an element-wise formula may read besides the numbers that it learns. What changes during training is a binarizer's, which
    /// says what it is outside.
    let formulaInputs = [ Binarizer.x ]

    /// Few enough to be looked at.
    let private learnedCount where count =
        Fault.unless
            (count <= Layer.MostLearned)
            $"{where}: learned numbers"
            (string<int> count)
            $"at most %d{Layer.MostLearned}"

    /// Names of learned numbers: each once, and none that the formula reads anyway.
    let learnedNames where (inputs: Expr list) (names: string list) =
        let taken name =
            inputs
            |> List.exists (function
                | Input(input, _) -> input = name
                | _ -> false)

        [
            for name, count in List.countBy id names do
                yield! Fault.unless (count = 1) $"{where}: {name}" "learned twice" "a name for each learned number"

                yield!
                    Fault.unless
                        (not (taken name))
                        $"{where}: {name}"
                        "a learned number"
                        "another name: every formula may read what is called so"
        ]

    /// Deeper formulas could be written, and not be read back.
    let private formulaDepth where depth =
        Fault.unless
            (depth <= Limits.Depth)
            $"{where}: formula"
            $"%d{depth} operators deep"
            $"at most %d{Limits.Depth} operators above each other"

    /// The faults of a binarizer, whichever layer has it.
    let private ofBinarizer (b: Binarizer) =
        match learnedCount b.Name b.Parameters.Length with
        | [] ->
            learnedNames b.Name binarizerInputs b.Parameters
            @ Binarizer.validate b
            @ formulaDepth b.Name (max (Expr.depth b.Formula) (Expr.depth b.Evaluation))
        | faults -> faults

    /// The faults of a formula, whichever layer has it, and what it reads.
    let private ofFormula (formula: Elementwise) =
        let faults =
            [
                for number in Expr.notFinite formula.Output do
                    yield! Fault.unless false "number" (Fault.text number) "a finite number"
                yield! formulaDepth formula.Name (Expr.depth formula.Output)
            ]

        faults, Expr.leaves formula.Output

    let private elementwise (ofFormula: Elementwise -> Fault list * Expr list) where formula learned =
        let inputs: string list = learned |> List.map _.Input
        let faults, leaves = ofFormula formula

        let known =
            formulaInputs @ (inputs |> List.map (fun name -> Input(name, PerChannel)))

        [
            yield! learnedNames where binarizerInputs inputs
            for leaf in leaves do
                yield!
                    Fault.unless
                        (List.contains leaf known)
                        $"{where}: {leaf}"
                        "an unknown input"
                        "x or a number that it learns"
            for number in learned do
                if not (List.contains number.Input formula.Parameters) then
                    yield!
                        Fault.unless
                            false
                            $"{where}: {number.Input}"
                            "nothing that the formula learns"
                            "one of its numbers"

                yield! Fault.finite $"{where}: first value of {number.Input}" number.First
                yield! ParameterGroup.validate $"{where}: group of {number.Input}" [ number.Group ]
                yield! name $"{where}: tensor {number.Tensor}" number.Tensor
            for parameter in formula.Parameters do
                if not (List.contains parameter inputs) then
                    yield! Fault.unless false $"{where}: {parameter}" "without a tensor" "a learned number of this name"
            yield! faults |> Fault.ofPart where
        ]

    /// What `f` gives for an object, computed once.
    let private once (f: 'T -> 'U) =
        let known = Dictionary<'T, 'U>(HashIdentity.Reference)

        fun value ->
            match known.TryGetValue value with
            | true, result -> result
            | _ ->
                let result = f value
                known[value] <- result
                result

    let private layerFaults ofBinarizer ofFormula fullName where layer (x: FeatureSize) =
        let width = within where

        let isNamed = name where fullName

        let binarizer (b: Binarizer) = ofBinarizer b |> Fault.ofPart where

        match layer with
        | Layer.Convolution c ->
            let groups =
                match width "groups" 1 Layer.Most c.Groups with
                | [] ->
                    Fault.unless
                        (x.Channels % int64 c.Groups = 0L && c.Outputs % c.Groups = 0)
                        $"{where}: groups"
                        (string c.Groups)
                        $"a divisor of its %d{x.Channels} inputs and its %d{c.Outputs} outputs"
                | faults -> faults

            isNamed
            @ width "outputs" 1 Layer.Most c.Outputs
            @ groups
            @ window where c.Kernel c.Stride c.Padding false x
            @ binarizer c.Weights
        | Layer.Linear l ->
            isNamed
            @ width "outputs" 1 Layer.Most l.Outputs
            @ isVector where "it" x
            @ binarizer l.Weights
        | Layer.BatchNorm
        | Layer.FactoredScale -> isNamed
        | Layer.Sign(b, isShifted) ->
            isNamed
            @ binarizer b
            @ Fault.unless
                (not (isShifted && List.contains "shift" b.Parameters))
                $"{where}: shift"
                "learned twice"
                "a binarizer whose learned numbers have other names"
        | Layer.Elementwise(formula, learned) ->
            match learnedCount where (max learned.Length formula.Parameters.Length) with
            | [] -> elementwise ofFormula where formula learned
            | faults -> faults
        | Layer.Pool p ->
            let half what (window: int) (padding: int) =
                Fault.unless
                    (2 * padding <= window)
                    $"{where}: padding {what}"
                    (string padding)
                    "at most half of the window"

            window where p.Window p.Stride p.Padding p.RoundUp x
            @ half "rows" p.Window.Rows p.Padding.Rows
            @ half "columns" p.Window.Columns p.Padding.Columns
            @ Fault.unless (System.Enum.IsDefined p.Kind) $"{where}: kind" (string (int p.Kind)) "Largest or Mean"
        | Layer.Subsample(channels, stride) ->
            width "stride" 1 Layer.Most stride
            @ Fault.unless
                (int64 channels >= x.Channels && channels <= Layer.Most)
                $"{where}: channels"
                (string channels)
                $"%d{x.Channels} to %d{Layer.Most}: those that the input has and new ones"
        | Layer.Upsample factor ->
            match width "factor" 1 Layer.MostKernel factor with
            | [] ->
                Fault.unless
                    (max x.Height x.Width * int64 factor <= int64 Layer.Most)
                    $"{where}: factor"
                    (string factor)
                    $"one that makes at most %d{Layer.Most} rows and columns of {x}"
            | faults -> faults
        | Layer.GlobalMean
        | Layer.Flatten -> []

    /// Gives all that is wrong with a layer of this full name, `where` it stands, for an input of this size. What many layers share is
    /// looked at once.
    let create () : string -> string -> Layer -> FeatureSize -> Fault list =
        layerFaults (once ofBinarizer) (once ofFormula)
