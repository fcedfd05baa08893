namespace Bnn

open System
open System.Reflection

/// One of the things that users choose by name: what documentation, factories and tests need to know of it.
[<EditorBrowsable(Never)>]
type Entry<'T> =
    {
        /// The name of its function: `linear`.
        Name: string
        /// What it is, as a sentence without a full stop.
        Summary: string
        /// Paper, year and equation, or where else it is from.
        Source: string
        Options: OptionInfo list
        /// The module of its function.
        Home: Type
        /// The thing for the value of every option; faults where one is out of range.
        Make: (string -> Expr) -> Result<'T, Fault list>
    }

[<EditorBrowsable(Never)>]
module Entry =
    let private faultsOf (get: string -> Expr) (option: OptionInfo) =
        match get option.Name with
        | Const value -> Fault.within option.Range option.Name value
        | schedule when option.TakesFormula -> Schedule.validate option.Name schedule
        | other -> Fault.unless false option.Name (string other) (OptionRange.allowed option.Range)

    let private argument (kind: Type) (value: Expr) =
        match value with
        | Const number when kind = typeof<int> -> box (int number)
        | Const number when kind = typeof<float> -> box number
        | formula -> box formula

    /// What the function gives for checked values; what it refuses itself is a fault too.
    let private invoke (invoke: unit -> obj) =
        try
            Ok(invoke () :?> 'T)
        with :? TargetInvocationException as e ->
            match e.InnerException with
            | :? BnnConfigurationException as refusal -> Error(List.ofSeq refusal.Faults)
            | _ -> reraise ()

    let private create (home: Type) (m: MemberInfo) options (call: obj[] -> obj) =
        let stated = m.GetCustomAttribute<EntryAttribute>()

        {
            Name = m.Name
            Summary = stated.Summary
            Source = stated.Source
            Options = List.map snd options
            Home = home
            Make =
                fun get ->
                    match options |> List.collect (snd >> faultsOf get) with
                    | [] -> invoke (fun () -> call [| for kind, option in options -> argument kind (get option.Name) |])
                    | faults -> Error faults
        }

    /// The options among a function's parameters, with their types.
    let private optionsOf (m: MethodInfo) =
        [
            for p in m.GetParameters() do
                if p.IsDefined typeof<OptionAttribute> then
                    p.ParameterType, p.GetCustomAttribute<OptionAttribute>().Info(p.Name, p.ParameterType)
        ]

    let private stated (home: Type) =
        home.GetMembers()
        |> Array.filter (fun m -> m.IsDefined typeof<EntryAttribute>)
        |> Array.sortBy _.MetadataToken
        |> List.ofArray

    /// The entries of a module that are values, or functions of options alone, in their order.
    let values<'T> (home: Type) : Entry<'T> list =
        [
            for m in stated home do
                match m with
                | :? PropertyInfo as p -> create home p [] (fun _ -> p.GetValue null)
                | :? MethodInfo as f when (optionsOf f).Length = f.GetParameters().Length ->
                    create home f (optionsOf f) (fun arguments -> f.Invoke(null, arguments))
                | _ -> ()
        ]

    /// The entries of a module that are functions of options and, last, of what they change.
    let changes<'T> (home: Type) : Entry<'T -> 'T> list =
        let change (f: MethodInfo) (arguments: obj[]) =
            box (fun (before: 'T) -> f.Invoke(null, Array.append arguments [| box before |]) :?> 'T)

        [
            for m in stated home do
                match m with
                | :? MethodInfo as f when (optionsOf f).Length = f.GetParameters().Length - 1 ->
                    create home f (optionsOf f) (change f)
                | _ -> ()
        ]

    /// The entry of this name, in any case.
    let tryFind (entries: Entry<'T> list) (name: string) =
        entries
        |> List.tryFind (fun entry -> entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase))

    /// The entry's thing with these options, the rest at their defaults; an unknown option is a fault.
    let make (entry: Entry<'T>) (options: (string * Expr) list) =
        let known = entry.Options |> List.map _.Name

        let allowed =
            if known.IsEmpty then
                "no options"
            else
                "options named " + String.concat ", " known

        match options |> List.filter (fun (name, _) -> not (List.contains name known)) with
        | [] ->
            let values =
                Map.ofList ((entry.Options |> List.map (fun o -> o.Name, o.Default)) @ options)

            entry.Make(fun name -> values[name])
        | unknown ->
            unknown
            |> List.collect (fun (name, value) -> Fault.unless false $"{entry.Name}: {name}" (string value) allowed)
            |> Error
