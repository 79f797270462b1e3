"""What the editor tests share: children with deadlines, and projects to work on."""
