"""The screens about fields."""
