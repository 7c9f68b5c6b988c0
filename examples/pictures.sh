# The pictures of the README. Run it in the folder that shall hold them.
actcli plot swish --derivative -o pictures-swish.png
actcli plot relu gelu mish --derivative --range -4:4 --layout side -o pictures-side.png
