"""Convolutions: methods, and which is chosen."""
