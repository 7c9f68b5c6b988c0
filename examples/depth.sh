# A lecture in five commands: why deep networks of sigmoids did not learn, and what helped.
# Run it in the folder that shall hold the pictures.

# One neuron per layer: every sigmoid takes at least three quarters of what is left of the gradient.
actcli gradflow sigmoid --model chain
actcli gradflow sigmoid tanh relu swish --model chain -o depth-chain.png

# A random network: with the right initial weights tanh and relu pass the gradient on; sigmoid cannot.
actcli gradflow sigmoid tanh relu --layers 30 -o depth-network.png

# Weights too small for relu: the first layers hardly hear of the loss.
actcli gradflow relu --layers 30 --init xavier -o depth-small.png

# What helps the sigmoid: a way around each layer.
actcli gradflow sigmoid --layers 30 --residual -o depth-residual.png
