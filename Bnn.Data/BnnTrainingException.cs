namespace Bnn;

/// <summary>A training that cannot go on, for instance because the loss is not a number any more, or code of a user's has thrown.</summary>
public sealed class BnnTrainingException(string message, Exception? inner = null) : Exception(message, inner);
