namespace Bnn;

/// <summary>What a part of a network makes of a batch.</summary>
internal delegate Features Forward(Features x, NetworkMode mode);

/// <summary>Interprets a network as a forward pass on torch: one function for each form of the value.</summary>
internal sealed class NetworkGraph
{
    private readonly IEnumerator<LayerPlace> places;
    private readonly TorchLayers layers;

    private NetworkGraph(IEnumerable<LayerPlace> places, ParameterStore store) =>
        (this.places, layers) = (places.GetEnumerator(), new TorchLayers(store));

    /// <summary>The forward pass of a sound network whose tensors are in the store.</summary>
    public static Forward Of(ModelDescription model, ParameterStore store) =>
        new NetworkGraph(NetworkModule.places(model.Input, model.Network), store).Of(model.Network);

    // Places come in the order in which the value is walked here: body, after, shortcut.
    private Forward Of(Network network) => network switch
    {
        Network.Layer => Layer(),
        Network.Scope scope => Of(scope.Item2),
        Network.Chain chain => Chain([.. chain.Item.Select(Of)]),
        Network.Residual residual => Residual(Of(residual.body), Of(residual.after), Of(residual.shortcut)),
        Network.Branches branches => Branches([.. branches.Item.Select(Of)]),
        Network.Groups groups => Groups([.. groups.Item.Select(Of)]),
        _ => throw new InvalidOperationException($"a network has no form {network.Tag}"),
    };

    private Forward Layer()
    {
        _ = places.MoveNext();
        var place = places.Current;
        var forward = layers.Of(place);
        return (x, mode) =>
        {
            var y = forward(x, mode);
            mode.Trace?.Invoke(place.Name, y);
            return y;
        };
    }

    private static Forward Chain(Forward[] parts) => parts is [var only] ? only
        : (x, mode) => parts.Aggregate(x, (activation, part) => part(activation, mode));

    // What several parts see is joined once.
    private static Forward Residual(Forward body, Forward after, Forward shortcut) => (x, mode) =>
    {
        var whole = x.Joined;
        return after(body(whole, mode) + shortcut(whole, mode), mode);
    };

    private static Forward Branches(Forward[] parts) => (x, mode) =>
    {
        var whole = x.Joined;
        return Features.Of([.. parts.Select(part => part(whole, mode))]);
    };

    private static Forward Groups(Forward[] parts) => (x, mode) =>
    {
        var divided = x.Divided(parts.Length);
        return Features.Of([.. parts.Select((part, k) => part(divided.Part(k), mode))]);
    };
}
