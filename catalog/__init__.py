"""The catalogue: what a platform's owner writes, refused or compiled to plain JSON before anything is deployed."""
