//! What a script draws on: characters in rows and columns.

/// A picture.
pub struct Screen {
    columns: usize,
    cells: Vec<char>,
}

impl Screen {
    /// An empty picture.
    pub fn new(columns: usize, rows: usize) -> Self {
        Self {
            columns,
            cells: vec![' '; columns * rows],
        }
    }

    /// Forgets what was drawn.
    pub fn clear(&mut self) {
        self.cells.fill(' ');
    }

    /// Draws a character; what lies outside is left out.
    pub fn put(&mut self, column: f32, row: f32, character: char) {
        if column < 0.0 || row < 0.0 || column >= self.columns as f32 {
            return;
        }
        if let Some(cell) = self
            .cells
            .get_mut(row as usize * self.columns + column as usize)
        {
            *cell = character;
        }
    }

    /// Writes a line of text.
    pub fn text(&mut self, column: usize, row: usize, text: &str) {
        for (index, character) in text.chars().enumerate() {
            self.put((column + index) as f32, row as f32, character);
        }
    }

    /// The rows, top to bottom.
    pub fn rows(&self) -> impl Iterator<Item = String> {
        self.cells
            .chunks(self.columns)
            .map(|row| row.iter().collect())
    }
}
