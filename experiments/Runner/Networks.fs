namespace Bnn.Experiments

open Bnn

/// The networks by their names.
[<RequireQualifiedAccess>]
module Networks =
    /// ReActNet's blocks with ResNet-20's strides, 1, 2, 2, behind a first convolution that halves the image: ReActNet's own strides halve five times, too
    /// often for 28 x 28 and 32 x 32 pixels. 59,136 binary weights.
    [<Literal>]
    let ReActNet = "ReActNet 16-32-64-128"

    /// The same without the sums beside its blocks: no real-valued path from layer to layer.
    [<Literal>]
    let WithoutShortcuts = "ReActNet 16-32-64-128 without shortcuts"

    /// ResNet-20, real: the teacher.
    [<Literal>]
    let Teacher = "ResNet-20"

    let all = [ ReActNet; WithoutShortcuts; Teacher ]

    /// A network for a data set's images.
    let find (name: string) (images: Examples) =
        let classes, channels, size = images.Classes.Count, images.Channels, images.Height

        let reActNet () =
            Models.ReActNet(
                [ struct (16, 2); struct (32, 1); struct (64, 2); struct (128, 2) ],
                classes,
                channels,
                size
            )

        match name with
        | ReActNet -> reActNet ()
        | WithoutShortcuts ->
            ModelDescription.Create(
                WithoutShortcuts,
                Network.withoutShortcuts (reActNet ()).Network,
                channels,
                size,
                size
            )
        | Teacher -> Models.ResNet20(classes, channels, size)
        | other ->
            let known = String.concat ", " all
            invalidArg (nameof name) $"the network is {other}; allowed: {known}"
