"""What activation functions do in training: initial weights, optimizers, schedules, surfaces. Draws no pictures."""
