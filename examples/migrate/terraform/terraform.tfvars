models = {
  chat = {
    name     = "gpt-5.4-mini"
    version  = "2026-03-17"
    capacity = 50
  }
  embed = {
    name     = "text-embedding-3-large"
    version  = "1"
    sku      = "Standard"
    capacity = 20
  }
}
