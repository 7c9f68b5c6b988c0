"""The subcommands, a thin file each: resolve, compute, render. No mathematics, no printing of their own."""
