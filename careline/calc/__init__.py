"""Mathematics, business time, text and mail parsing: plain functions of values, without Django."""
